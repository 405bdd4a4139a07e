#include "a.h" // "b.h"
#  include <c\d.h>
/* #include "e.h" */ #define F R"x(" #include "g.h" )x"
#if __has_include ( <h.h> ) \
  && 1'000'000
#include MACRO
const char* s = "\" /* not a comment */"; // continues \
#include "i.h"
%:include "j.h"
??=include "k.h"
#define MACRO "l.h"
MofName MOFDATA "x.bmf"
SF:/a.c
DA:1,5
end_of_record
# 1 "a.c" 1
find_package(WDK REQUIRED)
add_subdirectory(sub)
