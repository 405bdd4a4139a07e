// A main as only MSVC takes it in C++: no result, a count without sign, constant arguments.
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

// exit leaves it behind, whose destructor calls Windows.
struct Object {
  ~Object() { GetEnvironmentVariableA("NAME", value, sizeof value); }
  char value[8];
};

void __cdecl main(_In_ ULONG Count, _In_reads_(Count) PCSTR Arguments[]) {
  if (Count < 2) goto exit;
  if (Arguments[1][0] == 'e') {
    Object object;
    exit(3);
  }
  printf("%lu: %s\n", Count, Arguments[1]);
exit:
  return;
}
