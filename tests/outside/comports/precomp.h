#include <ntddk.h>
#include <ntddser.h>
#include <wdmsec.h>
#include <initguid.h>
#include <stdio.h>
#include <stdarg.h>
#include "pair.h"
