// On Windows this header marks old C run-time functions (strcpy, sprintf ...) as deprecated for the compiler's analysis. Drivers include it
// last; there is nothing to declare, and calls of such functions compile as they do there without analysis.
// Used by: drivers and applications. Source: public documentation.
#ifndef DRYDOCK_DONTUSE_H
#define DRYDOCK_DONTUSE_H
#endif  // DRYDOCK_DONTUSE_H
