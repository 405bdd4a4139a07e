#pragma once
#define WPP_CONTROL_GUIDS                                                    \
    WPP_DEFINE_CONTROL_GUID(OddTrace, (5c1c3f7e,8d6d,4f52,9d7c,1b8e6ad0aa01), \
        WPP_DEFINE_BIT(ODD_INIT)                                             \
        WPP_DEFINE_BIT(ODD_IO)                                               \
        )

#define WPP_LEVEL_FLAGS_LOGGER(lvl, flags) WPP_LEVEL_LOGGER(flags)
#define WPP_LEVEL_FLAGS_ENABLED(lvl, flags) \
    (WPP_LEVEL_ENABLED(flags) && WPP_CONTROL(WPP_BIT_##flags).Level >= lvl)

// begin_wpp config
// FUNC TraceEvents(LEVEL, FLAGS, MSG, ...);
// FUNC KdTrace{LEVEL=TRACE_LEVEL_INFORMATION, FLAGS=ODD_IO}((MSG, ...));
// FUNC TraceReturn{LEVEL=TRACE_LEVEL_ERROR, FLAGS=ODD_INIT}(STATUS, MSG, ...);
// USEPREFIX (TraceReturn, "%!STDPREFIX! [%!FUNC!] ");
// USESUFFIX (TraceReturn, " = %!STATUS!", STATUS);
// CUSTOM_TYPE(oddstate, ItemEnum(ODD_STATE));
// end_wpp

enum ODD_STATE { OddStopped, OddRunning = 1, OddGone = 0x10 };
