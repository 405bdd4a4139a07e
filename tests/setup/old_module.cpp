// What a module of another version of the interface looks like.
#include <cstdint>
extern "C" __attribute__((visibility("default"))) const uint32_t drydock_device_module_version = 0;
extern "C" __attribute__((visibility("default"))) void drydock_make_device_module(const void*, void*) {}
