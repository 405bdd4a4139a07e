// Impersonation: a thread acts for another process for a while, at some level; and whose credentials an open carries.
// Called by:  wdf for UMDF drivers; io when it opens a file. The thread itself, any level.
// Scope:      access checks and the subject context that is captured meanwhile; requests keep the thread's own process as their requestor.
// Source:     public documentation of impersonation levels and of SECURITY_SUBJECT_CONTEXT; UM-12, UM-13.
#pragma once

#include <ntddk.h>

#include "nt/thread.h"

namespace drydock::nt {

struct Impersonation {
  const Process* client = nullptr;
  SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
};

class ImpersonationScope {
 public:
  ImpersonationScope(Thread& thread, const Process* client, SECURITY_IMPERSONATION_LEVEL level)
      : thread_(thread), before_(thread.impersonation), mine_{client, level} {
    thread.impersonation = &mine_;
  }
  ~ImpersonationScope() { thread_.impersonation = before_; }
  ImpersonationScope(const ImpersonationScope&) = delete;

 private:
  Thread& thread_;
  const Impersonation* before_;
  const Impersonation mine_;
};

namespace se {
// The subject of somebody else: `process`, which acts for `client` where that is not null.
void SubjectOf(const Process* process, const Impersonation* client, SECURITY_SUBJECT_CONTEXT* context);
// What a service that may do little runs as: the host of UMDF drivers.
void LocalServiceSubject(const Impersonation* client, SECURITY_SUBJECT_CONTEXT* context);
}  // namespace se

}  // namespace drydock::nt
