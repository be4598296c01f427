// Which known word was probably meant by an unknown one.

package enum Nearest {
    /// The word of `words` closest to `word`, if close enough to be a slip: a third of its letters may differ.
    package static func to(_ word: String, among words: some Sequence<String>) -> String? {
        var best: (word: String, distance: Int)?
        for candidate in words where candidate != word {
            let distance = distance(word.lowercased(), candidate.lowercased())
            if distance <= max(1, candidate.count / 3), distance < best?.distance ?? .max {
                best = (candidate, distance)
            }
        }
        return best?.word
    }

    /// How many letters have to be added, removed, replaced or swapped with their neighbour (optimal string alignment).
    /// Another digit is no slip: `http2` is not meant to be `http1`.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left), right = Array(right)
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in 0..<left.count {
            var row = [i + 1]
            for j in 0..<right.count {
                let isDigit = left[i].isNumber || right[j].isNumber
                let replaced = last[j] + (left[i] == right[j] ? 0 : isDigit ? 3 : 1)
                var least = min(replaced, last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    least = min(least, beforeLast[j - 1] + 1)
                }
                row.append(least)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}
