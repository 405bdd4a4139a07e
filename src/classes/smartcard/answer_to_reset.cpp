// Reading an answer to reset (ISO 7816-3): SmartcardUpdateCardCapabilities, SmartcardInvertData.
#include <cstring>

#include "classes/smartcard/smartcard.h"

using namespace drydock::classes::smartcard;

namespace {

// By the number in TA1; 0: reserved.
const CLOCK_RATE_CONVERSION clock_rates[16] = {{372, 4000000}, {372, 5000000},  {558, 6000000},   {744, 8000000},   {1116, 12000000}, {1488, 16000000},
                                         {1860, 20000000}, {0, 0},        {0, 0},           {512, 5000000},   {768, 7500000},   {1024, 10000000},
                                         {1536, 15000000}, {2048, 20000000}, {0, 0},        {0, 0}};
const BIT_RATE_ADJUSTMENT bit_rates[16] = {{0, 0}, {1, 1},  {2, 1}, {4, 1}, {8, 1}, {16, 1}, {32, 1}, {64, 1},
                                     {12, 1}, {20, 1}, {1, 2}, {1, 4}, {1, 8}, {1, 16}, {1, 32}, {1, 64}};

class Reader {
 public:
  Reader(const UCHAR* data, ULONG length) : at_(data), end_(data + length) {}
  bool Take(UCHAR* byte) {
    if (at_ == end_) return false;
    *byte = *at_++;
    return true;
  }
  ULONG left() const { return static_cast<ULONG>(end_ - at_); }
  const UCHAR* here() const { return at_; }

 private:
  const UCHAR *at_, *end_;
};

struct Parsed {
  UCHAR fl = 1, dl = 1, programming_current = 0, programming_voltage = 0, guard = 0;
  UCHAR waiting_integer = 10, ifsc = 32, cwi = 13, bwi = 4, edc = 0;
  ULONG protocols = 0, specific = 0, first = 0;
  bool is_specific = false;
  UCHAR historical[16] = {};
  UCHAR historical_length = 0;
};

bool Parse(const UCHAR* data, ULONG length, Parsed* parsed) {
  Reader reader(data, length);
  UCHAR initial, format;
  if (!reader.Take(&initial) || !reader.Take(&format)) return false;
  const UCHAR historical = format & 0x0F;
  UCHAR present = format >> 4;
  bool checked = false;  // a protocol other than T=0: TCK follows
  bool t1_seen = false;
  UCHAR protocol = 0;
  for (int group = 1; present != 0; ++group) {
    if (group > 8) return false;
    UCHAR ta = 0, tb = 0, tc = 0, td = 0;
    if ((present & 1) && !reader.Take(&ta)) return false;
    if ((present & 2) && !reader.Take(&tb)) return false;
    if ((present & 4) && !reader.Take(&tc)) return false;
    if ((present & 8) && !reader.Take(&td)) return false;
    if (group == 1) {
      if (present & 1) parsed->fl = ta >> 4, parsed->dl = ta & 0x0F;
      if (present & 2) parsed->programming_current = (tb >> 5) & 3, parsed->programming_voltage = tb & 0x1F;
      if (present & 4) parsed->guard = tc;
    } else if (group == 2) {
      if (present & 1) parsed->is_specific = true, parsed->specific = ta & 0x0F;
      if (present & 4) parsed->waiting_integer = tc;
    } else if (protocol == 1 && !t1_seen) {
      t1_seen = true;
      if (present & 1) parsed->ifsc = ta;
      if (present & 2) parsed->bwi = tb >> 4, parsed->cwi = tb & 0x0F;
      if (present & 4) parsed->edc = tc & 1;
    }
    if (!(present & 8)) break;
    protocol = td & 0x0F;
    if (parsed->protocols == 0) parsed->first = protocol;
    if (protocol <= 1) parsed->protocols |= protocol == 0 ? SCARD_PROTOCOL_T0 : SCARD_PROTOCOL_T1;
    if (protocol != 0) checked = true;
    present = td >> 4;
  }
  if (parsed->protocols == 0 && !checked) parsed->protocols = SCARD_PROTOCOL_T0;
  if (reader.left() < historical + (checked ? 1u : 0u)) return false;
  std::memcpy(parsed->historical, reader.here(), historical);
  parsed->historical_length = historical;
  if (checked) {
    UCHAR sum = 0;
    for (const UCHAR* each = data + 1; each <= reader.here() + historical; ++each) sum ^= *each;
    if (sum != 0) return false;
  }
  return parsed->protocols != 0;
}

ULONG Microseconds(unsigned long long numerator, unsigned long long denominator) {
  return static_cast<ULONG>((numerator + denominator - 1) / denominator);
}

}  // namespace

namespace drydock::classes::smartcard {

void ResetT1(SMARTCARD_EXTENSION& extension) {
  const UCHAR nad = extension.T1.NAD;
  extension.T1 = {};
  extension.T1.NAD = nad;
  extension.T1.InfSize = extension.CardCapabilities.T1.IFSC ? extension.CardCapabilities.T1.IFSC : 32;
  FlagsOf(extension) &= ~static_cast<ULONG>(kIfsDone);
}

}  // namespace drydock::classes::smartcard

extern "C" {

VOID SmartcardInvertData(PUCHAR Buffer, ULONG Length) {
  for (ULONG i = 0; i < Length; ++i) {
    UCHAR turned = 0;
    for (int bit = 0; bit < 8; ++bit)
      if (Buffer[i] & (1 << bit)) turned |= static_cast<UCHAR>(0x80 >> bit);
    Buffer[i] = static_cast<UCHAR>(~turned);
  }
}

NTSTATUS SmartcardUpdateCardCapabilities(PSMARTCARD_EXTENSION SmartcardExtension) {
  SMARTCARD_EXTENSION& extension = *SmartcardExtension;
  SCARD_CARD_CAPABILITIES& card = extension.CardCapabilities;
  if (card.ATR.Length < 2 || card.ATR.Length > MAXIMUM_ATR_LENGTH) return STATUS_UNRECOGNIZED_MEDIA;
  // 0x3F of the inverse convention, read by a reader that knows the direct one alone.
  if (card.ATR.Buffer[0] == 0x03) SmartcardInvertData(card.ATR.Buffer, card.ATR.Length);
  if (card.ATR.Buffer[0] != 0x3B && card.ATR.Buffer[0] != 0x3F) return STATUS_UNRECOGNIZED_MEDIA;
  Parsed parsed;
  if (!Parse(card.ATR.Buffer, card.ATR.Length, &parsed)) return STATUS_UNRECOGNIZED_MEDIA;
  const CLOCK_RATE_CONVERSION& clock = clock_rates[parsed.fl];
  const BIT_RATE_ADJUSTMENT& bits = bit_rates[parsed.dl];
  if (clock.F == 0 || bits.DNumerator == 0) return STATUS_UNRECOGNIZED_MEDIA;

  card.InversConvention = card.ATR.Buffer[0] == 0x3F;
  std::memcpy(card.HistoricalChars.Buffer, parsed.historical, sizeof parsed.historical);
  card.HistoricalChars.Length = parsed.historical_length;
  card.ClockRateConversion = const_cast<PCLOCK_RATE_CONVERSION>(clock_rates);
  card.BitRateAdjustment = const_cast<PBIT_RATE_ADJUSTMENT>(bit_rates);
  card.Fl = parsed.fl;
  card.Dl = parsed.dl;
  card.II = parsed.programming_current;
  card.P = static_cast<UCHAR>(parsed.programming_voltage * 10);
  card.N = parsed.guard;
  card.Protocol.Supported = parsed.protocols;
  card.Protocol.Selected = SCARD_PROTOCOL_UNDEFINED;

  // An elementary time unit is F / (D * f); f in kHz, so that times are in milliseconds times 1000.
  const unsigned long long kilohertz = extension.ReaderCapabilities.CLKFrequency.Default ? extension.ReaderCapabilities.CLKFrequency.Default : 3580;
  const unsigned long long unit = 1000ull * clock.F * bits.DDivisor, per = kilohertz * bits.DNumerator;
  card.etu = Microseconds(unit, per);
  const unsigned long long guard = parsed.guard == 255 ? (parsed.protocols & SCARD_PROTOCOL_T1 ? 11 : 12) : 12ull + parsed.guard;
  card.GT = parsed.guard == 0 ? 0 : Microseconds(guard * unit, per);
  card.T0.WI = parsed.waiting_integer;
  card.T0.WT = Microseconds(960ull * parsed.waiting_integer * 1000 * clock.F, kilohertz);
  card.T1.IFSC = parsed.ifsc;
  card.T1.CWI = parsed.cwi;
  card.T1.BWI = parsed.bwi;
  card.T1.EDC = parsed.edc;
  card.T1.CWT = Microseconds(((1ull << parsed.cwi) + 11) * unit, per);
  card.T1.BWT = Microseconds(11 * unit, per) + Microseconds((1ull << parsed.bwi) * 960 * 1000 * 372, kilohertz);
  card.T1.BGT = Microseconds(22 * unit, per);
  card.PtsData = {};
  card.PtsData.Type = PTS_TYPE_OPTIMAL;
  card.PtsData.Fl = card.Fl;
  card.PtsData.Dl = card.Dl;
  card.PtsData.CLKFrequency = static_cast<ULONG>(kilohertz);
  card.PtsData.DataRate = static_cast<ULONG>(kilohertz * 1000 * bits.DNumerator / (static_cast<unsigned long long>(clock.F) * bits.DDivisor));

  KIRQL irql;
  KeAcquireSpinLock(&extension.OsData->SpinLock, &irql);
  if (parsed.is_specific) {
    card.Protocol.Selected = parsed.specific == 1 ? SCARD_PROTOCOL_T1 : SCARD_PROTOCOL_T0;
    extension.ReaderCapabilities.CurrentState = SCARD_SPECIFIC;
  } else {
    extension.ReaderCapabilities.CurrentState = SCARD_NEGOTIABLE;
  }
  KeReleaseSpinLock(&extension.OsData->SpinLock, irql);
  ResetT1(extension);
  return STATUS_SUCCESS;
}

}  // extern "C"
