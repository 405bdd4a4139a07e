// windows.h and its family as a UMDF driver in C++ sees them, the C++ library before and after; UNICODE.
#include <string>
#define UNICODE
#include "um_body.h"
#include <vector>
std::vector<std::wstring> names;
