// Tokens: constants of se/access.cpp, one for each kind of account that the machine knows.
#pragma once

#include <ntddk.h>

namespace drydock::nt {
struct Thread;
}

namespace drydock::nt::se {

struct Identifier {  // a SID of two parts at most
  UCHAR revision, count;
  UCHAR authority[6];
  ULONG sub[2];
};
struct Token {
  const Identifier* identifiers[6];  // the user first
  bool is_admin;
  ULONGLONG privileges;
  bool is_system = false;
};

PACCESS_TOKEN ImpersonationTokenOf(const Thread& thread);  // null: it acts for nobody

}  // namespace drydock::nt::se
