// Modules are in consoleapi.h. Source: public documentation.
#include "consoleapi.h"
