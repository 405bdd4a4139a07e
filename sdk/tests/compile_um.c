/* windows.h and its family as a UMDF driver in C sees them; UNICODE. */
#define UNICODE
#include "um_body.h"
