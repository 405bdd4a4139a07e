// The WMI classes that a driver image keeps in its section .drydock.mof (tools/build/mof_resource.h writes them).
// Called by:  Wmi. Errors: a text that is not as expected ends the reading; what was understood stays.
#pragma once

#include <string>
#include <vector>

#include "drydock/wmi.h"

namespace drydock::machine {

// Adds the classes of one resource, found by its name in any letter case.
void ReadMofResource(const std::string& text, const std::string& resource, std::vector<WmiClass>* classes);

// {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}. False: it is none.
bool ReadGuid(const std::string& text, struct _GUID* guid);

}  // namespace drydock::machine
