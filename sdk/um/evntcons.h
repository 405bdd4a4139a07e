// Consumers of events: the structures are with the sessions (drydock_trace_sessions.h). Source: public documentation.
#ifndef _EVNTCONS_
#define _EVNTCONS_
#include "evntrace.h"
#endif
