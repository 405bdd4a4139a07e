#pragma once

// A byte ring. Thread safety is the caller's.
template <typename TSize = ULONG>
class RingBuffer
{
public:
    RingBuffer() : m_Base(nullptr), m_Capacity(0), m_Head(0), m_Tail(0), m_Count(0) {}

    void Attach(_In_reads_bytes_(Capacity) PUCHAR Base, TSize Capacity) { m_Base = Base; m_Capacity = Capacity; Clear(); }
    PUCHAR Detach() { PUCHAR base = m_Base; m_Base = nullptr; m_Capacity = 0; Clear(); return base; }

    TSize Count() const { return m_Count; }
    TSize Free() const { return m_Capacity - m_Count; }
    TSize Capacity() const { return m_Capacity; }
    bool IsEmpty() const { return m_Count == 0; }
    void Clear() { m_Head = m_Tail = m_Count = 0; }

    TSize Write(_In_reads_bytes_(Length) const UCHAR* Data, TSize Length)
    {
        const TSize toCopy = min(Length, Free());
        TSize left = toCopy;
        while (left != 0)
        {
            const TSize piece = min(left, m_Capacity - m_Tail);
            memcpy(m_Base + m_Tail, Data, piece);
            Data += piece;
            m_Tail = (m_Tail + piece) % m_Capacity;
            left -= piece;
        }
        m_Count += toCopy;
        return toCopy;
    }

    TSize Read(_Out_writes_bytes_(Length) UCHAR* Data, TSize Length)
    {
        const TSize toCopy = min(Length, m_Count);
        TSize left = toCopy;
        while (left != 0)
        {
            const TSize piece = min(left, m_Capacity - m_Head);
            memcpy(Data, m_Base + m_Head, piece);
            Data += piece;
            m_Head = (m_Head + piece) % m_Capacity;
            left -= piece;
        }
        m_Count -= toCopy;
        return toCopy;
    }

private:
    PUCHAR m_Base;
    TSize m_Capacity, m_Head, m_Tail, m_Count;
};
