// The commands of echosetup.cpp; each returns the tool's exit code.
#pragma once

int Busy();
int Drivers(const wchar_t *inf);
int About();
