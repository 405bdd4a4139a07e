// Packs structures to 4 until poppack.h. Meant to be included many times.
#pragma pack(push, 4)
