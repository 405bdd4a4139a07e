// Image: a driver image (shared object made by `drydock build` or drydock_add_driver) loaded for one machine.
// Each machine gets a private copy, so that a driver's own globals belong to that machine alone.
// Called by:  Machine. Threads: one at a time.
// Errors:     Image::Load throws drydock::Error with one line that says what is wrong with the file and what to do.
#pragma once

#include <memory>
#include <string>

#include "drydock/machine.h"
#include "machine/symbolizer.h"

namespace drydock::machine {

class Image {
 public:
  static std::unique_ptr<Image> Load(const std::string& path);
  // Of an application (drydock app): no driver's entry, but DrydockApplication.
  static std::unique_ptr<Image> LoadApplication(const std::string& path);
  ~Image();
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  DriverEntryPoint entry() const { return entry_; }
  const void* application() const { return application_; }  // nt::win32::ProgramEntry
  const std::string& driver_name() const { return driver_name_; }  // service name: from the image's information or the file's name
  const std::string& information() const { return information_; }  // JSON as the builder wrote it, may be empty
  const std::string& mof_resources() const { return mof_resources_; }  // machine/mof.h; empty: none
  const std::string& event_manifest() const { return event_manifest_; }  // nt/etw/manifest.h; empty: none
  const void* resources() const { return resources_; }  // nt/win32/resources.h; null: none
  const ImageRange& range() const { return range_; }

 private:
  Image() = default;
  static std::unique_ptr<Image> LoadAny(const std::string& path);
  void* library_ = nullptr;
  int descriptor_ = -1;  // of the copy
  DriverEntryPoint entry_ = nullptr;
  const void* application_ = nullptr;
  const void* resources_ = nullptr;
  std::string driver_name_;
  std::string information_;
  std::string mof_resources_;
  std::string event_manifest_;
  ImageRange range_;
};

}  // namespace drydock::machine
