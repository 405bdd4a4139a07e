// A main as only MSVC takes it in C++: no result, a count without sign, constant arguments.
#include <windows.h>

#include <stdio.h>

void __cdecl main(_In_ ULONG Count, _In_reads_(Count) PCSTR Arguments[]) {
  if (Count < 2) goto exit;
  printf("%lu: %s\n", Count, Arguments[1]);
exit:
  return;
}
