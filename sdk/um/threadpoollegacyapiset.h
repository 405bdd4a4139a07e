// The older thread pool functions: see threadpoolapiset.h.
#include "threadpoolapiset.h"
