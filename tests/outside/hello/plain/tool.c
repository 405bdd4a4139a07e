#include <windows.h>
int main(void) { return MessageBoxA(0, "not for here", "tool", 0); }
