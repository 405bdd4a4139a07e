// The library's, without its promise that the wide forms are compiled already: they are, for characters of 32 bits.
#pragma push_macro("_GLIBCXX_USE_WCHAR_T")
#undef _GLIBCXX_USE_WCHAR_T
#include_next <bits/streambuf.tcc>
#pragma pop_macro("_GLIBCXX_USE_WCHAR_T")
