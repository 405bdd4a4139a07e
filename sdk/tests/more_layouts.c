#include "more_layouts.h"
