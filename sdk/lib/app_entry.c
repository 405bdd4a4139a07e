/* The entry stub of an application: finds main, wmain or what stands for them, whatever the language mangled it to. */
typedef unsigned short WCHAR_OF_ENTRY;

#define ENTRY(name, symbol) extern int name(int, void *, void *) __asm__(symbol) __attribute__((weak, visibility("hidden")))
ENTRY(entry_main, "main");
ENTRY(entry_wmain, "wmain");
ENTRY(entry_wmain_none, "_Z5wmainv");
ENTRY(entry_wmain_two, "_Z5wmainiPPw");
ENTRY(entry_wmain_const, "_Z5wmainiPPKw");
ENTRY(entry_wmain_array, "_Z5wmainiPKPw");
ENTRY(entry_wmain_constant, "_Z5wmainiPKPKw");
ENTRY(entry_wmain_three, "_Z5wmainiPPwS0_");

/* A main that only MSVC takes gets these names from the builder; what a void one returns is no exit code. */
ENTRY(entry_other, "DrydockMain");
ENTRY(entry_other_none, "_Z11DrydockMainv");
ENTRY(entry_void, "DrydockVoidMain");
ENTRY(entry_void_none, "_Z15DrydockVoidMainv");
/* A count of any type and the arguments, constant here or there. */
#define EACH_COUNT(X, arguments) X(i, arguments) X(j, arguments) X(l, arguments) X(m, arguments)
#define EACH_FORM(X) EACH_COUNT(X, PPc) EACH_COUNT(X, PPKc) EACH_COUNT(X, PKPc) EACH_COUNT(X, PKPKc) EACH_COUNT(X, PPw) EACH_COUNT(X, PPKw)
#define ENTRIES(count, arguments)                                                        \
    ENTRY(entry_other_##count##_##arguments, "_Z11DrydockMain" #count #arguments);       \
    ENTRY(entry_void_##count##_##arguments, "_Z15DrydockVoidMain" #count #arguments);
EACH_FORM(ENTRIES)

static int run(int argc, char **argv, WCHAR_OF_ENTRY **wide, char **environment, WCHAR_OF_ENTRY **wide_environment)
{
    if (entry_void) return entry_void(argc, argv, environment), 0;
    if (entry_void_none) return entry_void_none(argc, argv, environment), 0;
    if (entry_other) return entry_other(argc, argv, environment);
    if (entry_other_none) return entry_other_none(argc, argv, environment);
#define CALL(count, arguments)                                                                                                   \
    if (entry_void_##count##_##arguments) return entry_void_##count##_##arguments(argc, argv, environment), 0;                   \
    if (entry_other_##count##_##arguments) return entry_other_##count##_##arguments(argc, argv, environment);
    EACH_FORM(CALL)
    if (entry_main) return entry_main(argc, argv, environment);
    if (entry_wmain) return entry_wmain(argc, wide, wide_environment);
    if (entry_wmain_none) return entry_wmain_none(argc, wide, wide_environment);
    if (entry_wmain_two) return entry_wmain_two(argc, wide, wide_environment);
    if (entry_wmain_const) return entry_wmain_const(argc, wide, wide_environment);
    if (entry_wmain_array) return entry_wmain_array(argc, wide, wide_environment);
    if (entry_wmain_constant) return entry_wmain_constant(argc, wide, wide_environment);
    return entry_wmain_three(argc, wide, wide_environment);
}

/* std::stoi and its relatives, std::to_wstring: the C++ library's headers take the addresses of these, which the system has for characters of
   32 bits only. */
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <wchar.h>

#undef wcstol
#undef wcstoul
#undef wcstoll
#undef wcstoull
#undef wcstof
#undef wcstod
#undef wcstold
#undef vswprintf
#undef strtol
#undef strtoul
#undef strtoll
#undef strtoull
#undef strtof
#undef strtod
#undef strtold

#define WIDE_NUMBER(type, name, narrow, ...)                                                            \
    __attribute__((visibility("hidden"))) type name                                                     \
    {                                                                                                   \
        char text[512];                                                                                 \
        char *stop;                                                                                     \
        size_t n = 0;                                                                                   \
        for (; n + 1 < sizeof(text) && from[n] != 0 && from[n] < 0x80; ++n) text[n] = (char)from[n];    \
        text[n] = 0;                                                                                    \
        type number = narrow(text, &stop __VA_ARGS__);                                                  \
        if (end) *end = (wchar_t *)from + (stop - text);                                         \
        return number;                                                                                  \
    }
#define WIDE_INTEGER(type, name, narrow) WIDE_NUMBER(type, name(const wchar_t *from, wchar_t **end, int base), narrow, , base)
WIDE_INTEGER(__INT64_TYPE__, wcstol, strtol)
WIDE_INTEGER(__UINT64_TYPE__, wcstoul, strtoul)
WIDE_INTEGER(long long, wcstoll, strtoll)
WIDE_INTEGER(unsigned long long, wcstoull, strtoull)
WIDE_NUMBER(float, wcstof(const wchar_t *from, wchar_t **end), strtof)
WIDE_NUMBER(double, wcstod(const wchar_t *from, wchar_t **end), strtod)
WIDE_NUMBER(long double, wcstold(const wchar_t *from, wchar_t **end), strtold)

extern int DrydockVsnprintfW(wchar_t *to, size_t capacity, const wchar_t *format, va_list arguments);
__attribute__((visibility("hidden"))) int vswprintf(wchar_t *to, size_t capacity, const wchar_t *format, va_list arguments)
{
    int n = DrydockVsnprintfW(to, capacity, format, arguments);
    return n < 0 || (size_t)n >= capacity ? -1 : n;
}

/* Destructors of static objects and functions of atexit are kept here and not by the system: they run where the program ends by itself (finalize) and
   never after ExitProcess, TerminateProcess or a crash, nor when the image goes. */
struct at_exit {
    void (*function)(void *);
    void *argument;
    struct at_exit *below;
};
static struct at_exit *at_exit_top;
/* The first ones need no memory of the heap, which nobody would give back after such an end. */
static struct at_exit at_exit_first[32];
static unsigned at_exit_used;

__attribute__((visibility("hidden"))) int __cxa_atexit(void (*function)(void *), void *argument, void *image)
{
    const unsigned number = __atomic_fetch_add(&at_exit_used, 1, __ATOMIC_RELAXED);
    struct at_exit *entry = number < 32 ? &at_exit_first[number] : malloc(sizeof *entry);
    (void)image;
    if (!entry) return -1;
    entry->function = function;
    entry->argument = argument;
    entry->below = __atomic_load_n(&at_exit_top, __ATOMIC_ACQUIRE);
    while (!__atomic_compare_exchange_n(&at_exit_top, &entry->below, entry, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    }
    return 0;
}

static void finalize(void)
{
    struct at_exit *entry;
    while ((entry = __atomic_load_n(&at_exit_top, __ATOMIC_ACQUIRE)) != NULL) {
        struct at_exit call = *entry;
        if (!__atomic_compare_exchange_n(&at_exit_top, &entry, call.below, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) continue;
        if (entry < at_exit_first || entry >= at_exit_first + 32) free(entry);
        call.function(call.argument);
    }
}

__attribute__((visibility("default"))) const struct {
    int (*run)(int, char **, WCHAR_OF_ENTRY **, char **, WCHAR_OF_ENTRY **);
    void (*finalize)(void);
} DrydockApplication = {run, finalize};
