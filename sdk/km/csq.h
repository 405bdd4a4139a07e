// Cancel-safe IRP queues, as drivers include them beside wdm.h.
#pragma once
#include "wdm/csq.h"
