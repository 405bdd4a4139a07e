// Modules are in consoleapi.h. Source: public documentation.
#include "consoleapi.h"
#include "drydock_resources.h"
