// Connections of the resource hub, for devices of tests and of machine descriptions.
#include "drydock/spb.h"

#include <fmt/format.h>

#include <ntddk.h>

#include "backend/hub/resource_hub.h"
#include "machine/impl.h"

namespace drydock {
namespace {

template <class Add>
uint64_t Connect(Machine& machine, Add add) {
  return machine::Guarded(*machine.impl(), uint64_t{0}, [&]() -> uint64_t {
    backend::ResourceHub*& hub = machine.impl()->resource_hub;
    if (hub == nullptr) {
      if (const Status status = backend::ResourceHub::Create(*machine.impl()->kernel, &hub); !status.ok()) {
        hub = nullptr;
        throw Error("the resource hub cannot be made: " + status.ToString());
      }
    }
    const uint64_t id = add(*hub);
    if (id == 0) throw Error("a connection has that id already");
    return id;
  });
}

}  // namespace

Resource ConnectSpb(Machine& machine, std::shared_ptr<SpbPeripheral> peripheral, SpbOptions options) {
  const uint8_t type = options.bus == SpbOptions::Bus::kI2c ? CM_RESOURCE_CONNECTION_TYPE_SERIAL_I2C : CM_RESOURCE_CONNECTION_TYPE_SERIAL_SPI;
  const uint64_t id = Connect(machine, [&](backend::ResourceHub& hub) { return hub.Add(std::move(peripheral), options); });
  return Resource::Connection(CM_RESOURCE_CONNECTION_CLASS_SERIAL, type, id);
}

Resource ConnectPins(Machine& machine, const GpioPins& pins, uint64_t id) {
  id = Connect(machine, [&](backend::ResourceHub& hub) { return hub.Add(pins.state(), id); });
  return Resource::Connection(CM_RESOURCE_CONNECTION_CLASS_GPIO, CM_RESOURCE_CONNECTION_TYPE_GPIO_IO, id);
}

}  // namespace drydock
