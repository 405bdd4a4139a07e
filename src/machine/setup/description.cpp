// Reading a machine description. Everything that can be said of it without carrying it out is said here, with its line.
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "drydock/description.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "runtime/nearest_word.h"
#include "runtime/read_file.h"

namespace drydock {
namespace {

namespace fs = std::filesystem;

class DescriptionReader {
 public:
  DescriptionReader(const std::string& file, const std::string& images) : file_(file), folder_(fs::path(file).parent_path()) {
    description_.file = file;
    description_.images = images;
    images_given_ = !images.empty();
  }

  MachineDescription Read(const toml::table& root) {
    Keys(root, "the file", {"machine", "names", "registry", "package", "services", "driver", "device"});
    if (const toml::table* machine = Table(root, "machine")) ReadMachine(*machine);
    if (const toml::table* names = Table(root, "names")) ReadNames(*names);
    if (const toml::table* registry = Table(root, "registry")) ReadRegistry(*registry);
    ForEach(root, "package", [this](const toml::table& table) { ReadPackage(table); });
    if (const toml::table* services = Table(root, "services")) {
      for (const auto& [name, node] : *services)
        if (auto image = node.value_exact<std::string>()) description_.services.emplace_back(std::string(name.str()), Image(*image));
        else Wrong(node, fmt::format("the image of service {} is no text", name.str()));
    }
    ForEach(root, "driver", [this](const toml::table& table) { ReadDriver(table); });
    ForEach(root, "device", [this](const toml::table& table) { ReadDevice(table); });
    if (!errors_.empty()) throw Error(errors_);
    return std::move(description_);
  }

 private:
  void Wrong(const toml::node& node, const std::string& words) {
    errors_ += fmt::format("{}{}:{}: {}", errors_.empty() ? "" : "\n", file_, node.source().begin.line, words);
  }
  static int LineOf(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

  void Keys(const toml::table& table, const std::string& where, std::initializer_list<const char*> known) {
    for (const auto& [key, node] : table) {
      bool found = false;
      std::string all;
      for (const char* name : known) {
        found = found || key.str() == name;
        all += (all.empty() ? "" : ", ") + std::string(name);
      }
      if (!found) Wrong(node, fmt::format("unknown key '{}' in {}{}; it has {}", key.str(), where, rt::DidYouMean(key.str(), known), all));
    }
  }

  const toml::table* Table(const toml::table& table, const char* key) {
    const toml::node* node = table.get(key);
    if (!node) return nullptr;
    if (!node->is_table()) Wrong(*node, fmt::format("{} is no table", key));
    return node->as_table();
  }

  template <class Reader>
  void ForEach(const toml::table& root, const char* key, Reader reader) {
    const toml::node* node = root.get(key);
    if (!node) return;
    const toml::array* list = node->as_array();
    if (!list) return Wrong(*node, fmt::format("{} is a list of tables: [[{}]]", key, key));
    for (const toml::node& each : *list) {
      if (const toml::table* table = each.as_table()) reader(*table);
      else Wrong(each, fmt::format("{} is a list of tables: [[{}]]", key, key));
    }
  }

  std::string Text(const toml::table& table, const char* key, std::string otherwise = {}) {
    const toml::node* node = table.get(key);
    if (!node) return otherwise;
    if (auto text = node->value_exact<std::string>()) return *text;
    Wrong(*node, fmt::format("{} is no text", key));
    return otherwise;
  }

  bool Flag(const toml::table& table, const char* key, bool otherwise) {
    const toml::node* node = table.get(key);
    if (!node) return otherwise;
    if (auto flag = node->value_exact<bool>()) return *flag;
    Wrong(*node, fmt::format("{} is neither true nor false", key));
    return otherwise;
  }

  uint64_t Number(const toml::table& table, const char* key, uint64_t otherwise, uint64_t most = INT64_MAX) {
    const toml::node* node = table.get(key);
    if (!node) return otherwise;
    auto number = node->value_exact<int64_t>();
    if (number && *number >= 0 && static_cast<uint64_t>(*number) <= most) return static_cast<uint64_t>(*number);
    Wrong(*node, fmt::format("{} is no number from 0 to {}", key, most));
    return otherwise;
  }

  std::vector<std::string> Texts(const toml::table& table, const char* key) {
    std::vector<std::string> list;
    const toml::node* node = table.get(key);
    if (!node) return list;
    if (auto text = node->value_exact<std::string>()) return {*text};
    const toml::array* array = node->as_array();
    if (!array) return Wrong(*node, fmt::format("{} is neither a text nor a list of texts", key)), list;
    for (const toml::node& each : *array) {
      if (auto text = each.value_exact<std::string>()) list.push_back(*text);
      else Wrong(each, fmt::format("{}: an entry that is no text", key));
    }
    return list;
  }

  std::string Path(const std::string& path) { return path.empty() || fs::path(path).is_absolute() ? path : (folder_ / path).string(); }

  // An image: below the images folder, if there is one, else beside the file.
  std::string Image(const std::string& image) {
    if (image.empty() || fs::path(image).is_absolute()) return image;
    fs::path folder = description_.images.empty() ? folder_ : fs::path(description_.images);
    std::error_code error;
    for (const char* ending : {"", ".so", ".sys.so"})
      if (fs::path path = folder / (image + ending); fs::is_regular_file(path, error)) return path.string();
    return (folder / image).string();
  }

  // A shared object: beside the file, else below the images folder.
  std::string Module(const std::string& path) {
    std::error_code error;
    const std::string beside = Path(path);
    if (description_.images.empty() || fs::path(path).is_absolute() || fs::is_regular_file(beside, error)) return beside;
    const fs::path image = fs::path(description_.images) / path;
    return fs::is_regular_file(image, error) ? image.string() : beside;
  }

  void ReadMachine(const toml::table& table) {
    Keys(table, "[machine]", {"executor", "seed", "strategy", "verifier", "rules", "trace", "contain_hosts", "debugger", "images"});
    MachineOptions& options = description_.options;
    std::string executor = Text(table, "executor", "simulated"), strategy = Text(table, "strategy", "random");
    if (executor == "live") options.executor = ExecutorKind::Live;
    else if (executor != "simulated") Wrong(*table.get("executor"), fmt::format("executor: '{}' is neither simulated nor live", executor));
    if (strategy == "run-to-block") options.strategy = Strategy::RunToBlock;
    else if (strategy != "random") Wrong(*table.get("strategy"), fmt::format("strategy: '{}' is neither random nor run-to-block", strategy));
    options.seed = Number(table, "seed", options.seed);
    options.verifier = Flag(table, "verifier", false);
    options.rules = Flag(table, "rules", false);
    options.contain_hosts = Flag(table, "contain_hosts", false);
    options.debugger = Flag(table, "debugger", false);
    options.trace = Flag(table, "trace", false);
    std::string images = Text(table, "images");
    if (!images_given_ && !images.empty()) description_.images = Path(images);
  }

  void ReadNames(const toml::table& table) {
    for (const auto& [name, node] : table) {
      const toml::table* what = node.as_table();
      if (!what || what->size() != 1) {
        Wrong(node, fmt::format("{}: what it stands for is one of {{ folder = PATH }}, {{ disk = PATH }}, {{ terminal = PATH }}", name.str()));
        continue;
      }
      Keys(*what, fmt::format("the name {}", name.str()), {"folder", "disk", "terminal"});
      NameMapping mapping;
      mapping.name = std::string(name.str());
      for (auto [key, kind] : {std::pair("folder", NameMapping::Kind::Folder), {"disk", NameMapping::Kind::Disk}, {"terminal", NameMapping::Kind::Terminal}}) {
        if (!what->get(key)) continue;
        mapping.kind = kind;
        mapping.path = Path(Text(*what, key));
        description_.options.names.push_back(mapping);
      }
    }
  }

  void ReadRegistry(const toml::table& table) {
    Keys(table, "[registry]", {"files", "keys"});
    for (const std::string& file : Texts(table, "files")) description_.registry_files.push_back(Path(file));
    const toml::table* keys = Table(table, "keys");
    if (!keys) return;
    for (const auto& [key, node] : *keys) {
      const toml::table* values = node.as_table();
      if (!values) {
        Wrong(node, fmt::format("{}: a key's values are a table: {{ Name = 1 }}", key.str()));
        continue;
      }
      for (const auto& [name, value] : *values) {
        MachineDescription::RegistryValue entry{.key = std::string(key.str()), .name = std::string(name.str()), .value = uint32_t{0}};
        if (auto text = value.value_exact<std::string>()) {
          entry.value = *text;
        } else if (auto number = value.value_exact<int64_t>(); number && *number >= 0 && *number <= UINT32_MAX) {
          entry.value = static_cast<uint32_t>(*number);
        } else {
          Wrong(value, fmt::format("{}: neither a text nor a number of 32 bits", name.str()));
          continue;
        }
        description_.registry_values.push_back(std::move(entry));
      }
    }
  }

  void ReadPackage(const toml::table& table) {
    Keys(table, "[[package]]", {"inf", "images"});
    MachineDescription::Package package;
    package.line = LineOf(table);
    const std::string inf = Text(table, "inf");
    if (inf.empty()) return Wrong(table, "[[package]]: inf is missing");
    package.inf = Path(inf);
    package.images = Path(Text(table, "images"));
    // Not beside the file, but as the builder leaves it, beside its image.
    std::error_code error;
    if (!description_.images.empty() && !fs::exists(package.inf, error)) {
      if (fs::path built = fs::path(description_.images) / inf; fs::is_regular_file(built, error)) {
        package.inf = built.string();
        if (package.images.empty()) package.images = built.parent_path().string();
      }
    }
    if (package.images.empty()) package.images = description_.images.empty() ? fs::path(package.inf).parent_path().string() : description_.images;
    if (package.images.empty()) package.images = ".";
    description_.packages.push_back(std::move(package));
  }

  void ReadDriver(const toml::table& table) {
    Keys(table, "[[driver]]", {"name", "image", "ids", "upper", "lower"});
    MachineDescription::DriverEntry driver;
    driver.line = LineOf(table);
    std::string image = Text(table, "image");
    if (image.empty()) return Wrong(table, "[[driver]]: image is missing");
    driver.image = Image(image);
    driver.name = Text(table, "name", fs::path(image).stem().string());
    driver.ids = Texts(table, "ids");
    driver.upper = Texts(table, "upper");
    driver.lower = Texts(table, "lower");
    for (const auto& other : description_.drivers)
      if (other.name == driver.name) return Wrong(table, fmt::format("[[driver]]: {} is there already, in line {}", driver.name, other.line));
    description_.drivers.push_back(std::move(driver));
  }

  void ReadDevice(const toml::table& table) {
    Keys(table, "[[device]]",
         {"name", "id", "ids", "compatible-ids", "instance", "description", "function", "upper", "lower", "model", "power", "resources", "acpi", "pci", "plugged"});
    MachineDescription::DeviceEntry device;
    device.line = LineOf(table);
    device.name = Text(table, "name");
    device.id = Text(table, "id");
    device.ids = Texts(table, "ids");
    device.compatible_ids = Texts(table, "compatible-ids");
    device.instance = Text(table, "instance");
    device.description = Text(table, "description");
    device.function = Text(table, "function");
    device.upper = Texts(table, "upper");
    device.lower = Texts(table, "lower");
    device.plugged = Flag(table, "plugged", true);
    if (const toml::table* pci = Table(table, "pci")) ReadPci(*pci, device.pci.emplace());
    if (device.id.empty() && device.function.empty() && !device.pci)
      Wrong(table, "[[device]]: neither id (its drivers come from an INF) nor function (a driver) nor pci (the bus has an id for it)");
    if (device.function.empty() && (!device.upper.empty() || !device.lower.empty()))
      Wrong(table, "[[device]]: upper and lower go with function; an INF says its own filters");
    if (!device.name.empty() && device.name.find_first_not_of("0123456789") == std::string::npos)
      Wrong(table, fmt::format("[[device]]: '{}' is a number, no name", device.name));
    for (const auto& other : description_.devices)
      if (!device.name.empty() && other.name == device.name) Wrong(table, fmt::format("[[device]]: the name {} is taken, in line {}", device.name, other.line));
    if (const toml::node* model = table.get("model")) ReadModel(*model, device.model);
    if (const toml::table* power = Table(table, "power")) ReadPower(*power, device.power);
    if (const toml::node* resources = table.get("resources")) ReadResources(*resources, device.resources);
    if (const toml::table* acpi = Table(table, "acpi")) {
      device.has_acpi = true;
      for (const auto& [name, value] : *acpi) ReadMethod(std::string(name.str()), value, device.acpi);
    }
    description_.devices.push_back(std::move(device));
  }

  void ReadMethod(const std::string& name, const toml::node& node, std::vector<AcpiMethodDescription>& methods) {
    AcpiMethodDescription method = {.name = name};
    if (name.size() < 4 && name.find('.') == std::string::npos) Wrong(node, fmt::format("acpi: a method's name has four characters: {}", name));
    if (const toml::table* table = node.as_table()) {
      Keys(*table, "a method", {"silent"});
      method.silent = Flag(*table, "silent", false);
    } else if (!ReadAcpiValue(node, method.value)) {
      Wrong(node, fmt::format("acpi: {} is a number, a text, bytes (\"hex:00ff\"), a list of these (a package), or {{ silent = true }}", name));
    }
    methods.push_back(std::move(method));
  }

  bool ReadAcpiValue(const toml::node& node, AcpiValue& value) {
    if (auto number = node.value_exact<int64_t>()) return value = static_cast<uint64_t>(*number), true;
    if (auto text = node.value_exact<std::string>()) {
      std::string bytes;
      if (!text->starts_with("hex:")) return value = AcpiValue::Text(*text), true;
      return ReadHex(text->substr(4), bytes) && (value = AcpiValue::Buffer(bytes), true);
    }
    const toml::array* list = node.as_array();
    if (!list) return false;
    std::vector<AcpiValue> package;
    for (const toml::node& each : *list) {
      if (!ReadAcpiValue(each, package.emplace_back())) return false;
    }
    return value = AcpiValue::Package(std::move(package)), true;
  }

  void ReadResources(const toml::node& node, std::vector<ResourceDescription>& resources) {
    const toml::array* list = node.as_array();
    if (!list) return Wrong(node, "resources is a list of tables: [{ registers = 0x100 }, { line = 5 }]");
    for (const toml::node& each : *list) {
      const toml::table* table = each.as_table();
      if (!table) {
        Wrong(each, "a resource is a table: { registers = 0x100 }, { port = 8 }, { memory = 4096 }, { line = 5 }, { messages = 2 }");
        continue;
      }
      ResourceDescription resource;
      if (table->get("registers")) {
        Keys(*table, "a resource of registers", {"registers", "at", "holds"});
        resource.kind = ResourceDescription::Kind::kRegisters;
        resource.length = Number(*table, "registers", 0, 1 << 28);
        resource.start = Number(*table, "at", 0);
      } else if (table->get("port")) {
        Keys(*table, "a resource of ports", {"port", "at", "holds"});
        resource.kind = ResourceDescription::Kind::kPort;
        resource.length = Number(*table, "port", 0, 0x10000);
        resource.start = Number(*table, "at", 0, 0xFFFF);
      } else if (table->get("memory")) {
        Keys(*table, "a resource of memory", {"memory"});
        resource.kind = ResourceDescription::Kind::kMemory;
        resource.length = Number(*table, "memory", 0, 1 << 28);
      } else if (table->get("line")) {
        Keys(*table, "an interrupt line", {"line", "edge", "shared", "wake"});
        resource.kind = ResourceDescription::Kind::kLine;
        resource.line.line = static_cast<uint32_t>(Number(*table, "line", 0, 255));
        resource.line.level_sensitive = !Flag(*table, "edge", false);
        resource.line.shared = Flag(*table, "shared", false);
        resource.line.wake = Flag(*table, "wake", false);
        resource.length = 1;
      } else if (table->get("messages")) {
        Keys(*table, "message interrupts", {"messages"});
        resource.kind = ResourceDescription::Kind::kMessages;
        resource.messages = static_cast<uint32_t>(Number(*table, "messages", 0, 2048));
        resource.length = resource.messages;
      } else if (table->get("i2c") || table->get("spi")) {
        const bool i2c = table->get("i2c") != nullptr;
        Keys(*table, "a peripheral on a bus", {i2c ? "i2c" : "spi", "address-bytes", "controller", "id", "holds"});
        resource.kind = i2c ? ResourceDescription::Kind::kI2c : ResourceDescription::Kind::kSpi;
        resource.length = Number(*table, i2c ? "i2c" : "spi", 0, 1 << 20);
        resource.start = Number(*table, "id", 0);
        resource.address_bytes = static_cast<uint32_t>(Number(*table, "address-bytes", 1, 4));
        resource.controller = static_cast<uint32_t>(Number(*table, "controller", 0, 255));
      } else if (table->get("pins")) {
        Keys(*table, "pins", {"pins", "id", "holds"});
        resource.kind = ResourceDescription::Kind::kPins;
        resource.length = Number(*table, "pins", 0, 1024);
        resource.start = Number(*table, "id", 0);
      } else {
        Wrong(each, "a resource has one of registers, port, memory, line, messages, i2c, spi, pins");
        continue;
      }
      if (const toml::node* holds = table->get("holds"); holds && !ReadHex(Text(*table, "holds"), resource.content))
        Wrong(*holds, "holds is bytes in hexadecimal digits: \"0100dc0a\"");
      else if (resource.content.size() > resource.length)
        Wrong(*table, fmt::format("holds has {} bytes for a resource of {}", resource.content.size(), resource.length));
      else if (resource.length == 0) Wrong(each, "a resource of length 0");
      else resources.push_back(resource);
    }
  }

  void ReadPci(const toml::table& table, PciDevice& pci) {
    Keys(table, "pci", {"vendor", "device", "subsystem-vendor", "subsystem", "revision", "class", "bus", "slot", "function", "express", "bars", "capabilities", "holds"});
    pci.vendor = static_cast<uint16_t>(Number(table, "vendor", 0, 0xFFFF));
    pci.device = static_cast<uint16_t>(Number(table, "device", 0, 0xFFFF));
    pci.subsystem_vendor = static_cast<uint16_t>(Number(table, "subsystem-vendor", 0, 0xFFFF));
    pci.subsystem = static_cast<uint16_t>(Number(table, "subsystem", 0, 0xFFFF));
    pci.revision = static_cast<uint8_t>(Number(table, "revision", 0, 0xFF));
    pci.class_code = static_cast<uint32_t>(Number(table, "class", pci.class_code, 0xFFFFFF));
    pci.bus = static_cast<int>(Number(table, "bus", 0, 255));
    if (table.get("slot")) pci.slot = static_cast<int>(Number(table, "slot", 0, 31));
    pci.function = static_cast<int>(Number(table, "function", 0, 7));
    pci.express = Flag(table, "express", false);
    ReadBars(table, pci);
    for (const std::string& text : Texts(table, "capabilities")) {
      std::string bytes;
      if (!ReadHex(text, bytes) || bytes.size() < 2) Wrong(*table.get("capabilities"), "a capability is bytes in hexadecimal digits, two at least: \"09000801\"");
      else pci.capabilities.push_back(std::move(bytes));
    }
    const toml::table* holds = Table(table, "holds");
    if (!holds) return;
    for (const auto& [key, node] : *holds) {
      const std::string place(key.str());
      char* end = nullptr;
      const unsigned long offset = std::strtoul(place.c_str(), &end, 0);
      std::string bytes;
      auto text = node.value_exact<std::string>();
      if (place.empty() || *end != '\0' || offset > 0xFFF || !text || !ReadHex(*text, bytes))
        Wrong(node, "holds says bytes in hexadecimal digits by their offset: { \"0x50\" = \"0100dc0a\" }");
      else pci.holds[static_cast<uint32_t>(offset)] = std::move(bytes);
    }
  }

  void ReadBars(const toml::table& table, PciDevice& pci) {
    const toml::node* all = table.get("bars");
    if (!all) return;
    const auto* bars = all->as_array();
    for (size_t i = 0; bars && i < bars->size(); ++i) {
      const toml::node& each = *bars->get(i);
      const toml::table* place = each.as_table();
      PciBar bar;
      if (const auto number = each.value_exact<int64_t>(); number && *number >= 0 && *number <= 5) {
        bar.at = static_cast<int>(*number);
      } else if (place) {
        Keys(*place, "bars", {"at", "wide", "prefetchable"});
        bar = {.at = static_cast<int>(Number(*place, "at", 0, 5)), .wide = Flag(*place, "wide", false), .prefetchable = Flag(*place, "prefetchable", false)};
      } else {
        bars = nullptr;
        break;
      }
      pci.bars.push_back(bar);
    }
    if (!bars) Wrong(*all, "bars says where the memory and port resources stand: [1, { at = 4, wide = true, prefetchable = true }]");
  }

  // Pairs of digits, blanks between them.
  static bool ReadHex(const std::string& text, std::string& bytes) {
    for (size_t i = 0; i < text.size();) {
      if (text[i] == ' ') {
        ++i;
        continue;
      }
      uint8_t byte = 0;
      const char* begin = text.data() + i;
      auto [end, error] = std::from_chars(begin, begin + std::min<size_t>(2, text.size() - i), byte, 16);
      if (error != std::errc() || end != begin + 2) return false;
      bytes += static_cast<char>(byte);
      i += 2;
    }
    return true;
  }

  void ReadPower(const toml::table& table, PowerAbilities& power) {
    Keys(table, "power", {"d-states", "d1", "d2", "wakes-from-d", "wakes-from-s"});
    power.given = true;
    power.d1 = Flag(table, "d1", false);
    power.d2 = Flag(table, "d2", false);
    if (table.get("wakes-from-d")) power.wakes_from_d = static_cast<int>(Number(table, "wakes-from-d", 0, 3));
    if (table.get("wakes-from-s")) power.wakes_from_s = static_cast<int>(Number(table, "wakes-from-s", 0, 5));
    const toml::node* node = table.get("d-states");
    if (!node) return;
    const toml::array* states = node->as_array();
    bool good = states && states->size() == 6;
    for (size_t i = 0; good && i < 6; ++i) {
      auto number = (*states)[i].value_exact<int64_t>();
      good = number && *number >= 0 && *number <= 3;
      if (good) power.d_state[i] = static_cast<int>(*number);
    }
    if (!good) Wrong(*node, "d-states are six numbers from 0 to 3: the D-state in S0 to S5");
  }

  void ReadModel(const toml::node& node, ModelDescription& model) {
    std::string kind;
    const toml::table* table = node.as_table();
    if (auto text = node.value_exact<std::string>()) kind = *text;
    else if (table) kind = Text(*table, "kind");
    else return Wrong(node, "model is neither a text nor a table: \"silent\", { kind = \"memory\", size = 4096 }");
    auto keys = [&](std::initializer_list<const char*> known) {
      if (table) Keys(*table, fmt::format("the model {}", kind), known);
    };
    if (kind == "none") {
      keys({"kind"});
    } else if (kind == "silent") {
      keys({"kind", "cancelable"});
      model.kind = ModelDescription::Kind::kSilent;
      if (table) model.cancelable = Flag(*table, "cancelable", true);
    } else if (kind == "memory") {
      keys({"kind", "size"});
      model.kind = ModelDescription::Kind::kMemory;
      model.size = table ? Number(*table, "size", 1 << 20, 1ull << 32) : 1 << 20;
    } else if (kind == "file") {
      keys({"kind", "path", "read-only"});
      model.kind = ModelDescription::Kind::kFile;
      if (table) model.path = Path(Text(*table, "path"));
      if (table) model.read_only = Flag(*table, "read-only", false);
      if (model.path.empty()) Wrong(node, "the model file needs a path");
    } else if (kind == "disk") {
      keys({"kind", "size", "path", "read-only", "removable", "sector", "bus", "number", "vendor", "product", "revision", "serial"});
      model.kind = ModelDescription::Kind::kDisk;
      if (!table) return;
      DiskSettings& disk = model.disk;
      disk.size = Number(*table, "size", disk.size, 1ull << 32);
      if (table->get("path")) disk.path = Path(Text(*table, "path"));
      disk.read_only = Flag(*table, "read-only", false);
      disk.removable = Flag(*table, "removable", false);
      disk.sector = static_cast<uint32_t>(Number(*table, "sector", disk.sector, 1 << 16));
      disk.bus = static_cast<uint32_t>(Number(*table, "bus", disk.bus, 255));
      disk.number = static_cast<uint32_t>(Number(*table, "number", disk.number, 255));
      for (auto [key, text] : {std::pair{"vendor", &disk.vendor}, {"product", &disk.product}, {"revision", &disk.revision}, {"serial", &disk.serial}})
        if (table->get(key)) *text = Text(*table, key);
    } else if (kind == "keyboard") {
      keys({"kind"});
      model.kind = ModelDescription::Kind::kKeyboard;
    } else if (kind == "mouse") {
      keys({"kind"});
      model.kind = ModelDescription::Kind::kMouse;
    } else if (kind == "uart") {
      keys({"kind", "at", "line", "edge", "shared", "fifo"});
      model.kind = ModelDescription::Kind::kUart;
      if (!table) return;
      model.port = static_cast<uint16_t>(Number(*table, "at", 0, 0xFFF8));
      model.line.line = static_cast<uint32_t>(Number(*table, "line", 0, 255));
      model.line.level_sensitive = !Flag(*table, "edge", false);
      model.line.shared = Flag(*table, "shared", false);
      model.fifo = Flag(*table, "fifo", true);
    } else if (kind.ends_with(".so")) {
      model.kind = ModelDescription::Kind::kModule;
      model.path = Module(kind);
      if (!table) return;
      for (const auto& [key, value] : *table) {
        if (key == "kind") continue;
        std::string& setting = model.settings[std::string(key.str())];
        if (auto text = value.value_exact<std::string>()) setting = *text;
        else if (auto number = value.value_exact<int64_t>()) setting = std::to_string(*number);
        else if (auto flag = value.value_exact<bool>()) setting = *flag ? "true" : "false";
        else Wrong(value, fmt::format("{} is neither a text nor a number nor true or false", key.str()));
      }
    } else {
      Wrong(node, fmt::format("'{}' is no model; none, silent, memory, file, disk, keyboard, mouse, uart and shared objects (board.so) are", kind));
    }
  }

  const std::string file_;
  const fs::path folder_;
  MachineDescription description_;
  bool images_given_ = false;
  std::string errors_;
};

}  // namespace

MachineDescription MachineDescription::Parse(const std::string& text, const std::string& file_name, const std::string& images) {
  toml::parse_result result = toml::parse(text, file_name);
  if (!result) {
    const toml::parse_error& error = result.error();
    throw Error(fmt::format("{}:{}: {}", file_name, error.source().begin.line, error.description()));
  }
  return DescriptionReader(file_name, images).Read(result.table());
}

MachineDescription MachineDescription::Load(const std::string& path, const std::string& images) {
  std::string words;
  const auto text = rt::ReadFile(path, 4, &words, rt::ReadFrom::kFilesAndPipes);
  if (!text) throw Error(path + ": " + words);
  return Parse(*text, path, images);
}

}  // namespace drydock
