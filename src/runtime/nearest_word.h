// NearestWord: what somebody meant who wrote a word that is not known. For messages; every floor and tool may use it.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock::rt {

// How many letters differ: put in, left out, another one, or two exchanged. Letter case (ASCII) counts for nothing.
inline size_t Distance(std::string_view a, std::string_view b) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  std::vector<size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (low(a[i - 1]) != low(b[j - 1]))});
      if (i > 1 && j > 1 && low(a[i - 1]) == low(b[j - 2]) && low(a[i - 2]) == low(b[j - 1])) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    std::swap(before, row);
    std::swap(row, next);
  }
  return row[b.size()];
}

// The nearest of them, or nothing when none is near: a third of the letters may be wrong.
template <class Words>
std::string NearestWord(std::string_view word, const Words& words) {
  constexpr size_t kLongest = 64;  // longer is no misspelt word
  std::string best;
  size_t least = std::max<size_t>(word.size() / 3, 1) + 1;
  if (word.empty() || word.size() > kLongest) return best;
  for (const auto& each : words) {
    const std::string_view candidate(each);
    const bool begun = word.size() >= 3 && candidate.starts_with(word);  // "cov"
    if (const size_t distance = begun ? 1 : Distance(word, candidate); distance < least && distance < word.size()) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

// " (did you mean X?)", or nothing.
template <class Words>
std::string DidYouMean(std::string_view word, const Words& words) {
  const std::string nearest = NearestWord(word, words);
  return nearest.empty() ? nearest : " (did you mean " + nearest + "?)";
}

}  // namespace drydock::rt
