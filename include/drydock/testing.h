// What a GoogleTest user includes: the test kit and DRYDOCK_IMAGE(driver), the path of a driver that drydock_add_test was told of.
#pragma once

#include "drydock/machine.h"

#define DRYDOCK_IMAGE(driver) DRYDOCK_IMAGE_##driver
