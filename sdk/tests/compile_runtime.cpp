// The headers as this project's own code sees them: ordinary C++20, the C++ library before and after, and no macro that
// would disturb it.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "everything.h"

#include "class_layouts.h"
#include "driver_layouts.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <thread>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(min) || defined(max) || defined(small) || defined(interface) || defined(IN) || defined(OUT) || \
    defined(ASSERT) || defined(TEXT) || defined(__in) || defined(__out) || defined(PAGED_CODE) || defined(wcslen)
#error "a macro meant for drivers reached our own code"
#endif

static_assert(sizeof(WCHAR) == 2 && std::is_same_v<WCHAR, char16_t>);
static_assert(std::is_same_v<ULONG, unsigned int> && std::is_same_v<LONGLONG, long long>);

int DrydockCompileRuntime() { return std::max(1, std::numeric_limits<int>::min()) + (GUID_NULL == GUID{} ? 1 : 0); }
