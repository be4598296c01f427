// Decimal digits, written where they belong: a String for each number would be made only to be copied.

/// Numbers in decimal.
package enum DecimalDigits {
    /// How many digits a number has at most.
    package static let longest = 20

    /// Writes `number` without leading zeros at `text`, which has room for `longest` digits. Returns how many there are.
    package static func write(_ number: UInt64, to text: UnsafeMutablePointer<UInt8>) -> Int {
        var places = 1
        var rest = number / 10
        while rest > 0 {
            places += 1
            rest /= 10
        }
        write(number, places: places, to: text)
        return places
    }

    /// Writes the last `places` digits of `number`, with leading zeros, at `text`, which has room for them.
    package static func write(_ number: UInt64, places: Int, to text: UnsafeMutablePointer<UInt8>) {
        var rest = number
        var place = places
        while place > 0 {
            place &-= 1
            text[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
