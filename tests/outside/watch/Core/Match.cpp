#include "pch.h"
#include "EventRing.h"

static WCHAR Up(WCHAR ch)
{
	return ch >= L'a' && ch <= L'z' ? static_cast<WCHAR>(ch - (L'a' - L'A')) : ch;
}

extern "C" BOOLEAN CoreMatchPattern(PCWCH Text, SIZE_T cchText, PCWSTR Pattern)
{
	PCWCH pEnd = Text + cchText, pStar = nullptr, pMark = nullptr;
	while (Text < pEnd)
	{
		if (*Pattern == L'*')
		{
			pStar = Pattern++;
			pMark = Text;
		}
		else if (*Pattern == L'?' || (*Pattern && Up(*Pattern) == Up(*Text)))
		{
			++Pattern, ++Text;
		}
		else if (pStar != nullptr)
		{
			Pattern = pStar + 1;
			Text = ++pMark;
		}
		else
			return FALSE;
	}
	while (*Pattern == L'*') ++Pattern;
	return *Pattern == UNICODE_NULL;
}
