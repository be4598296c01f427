// Numbers in decimal, as Swift writes them.

import Pipeline
import Testing

struct DecimalDigitsTests {
    @Test(arguments: [0, 1, 9, 10, 11, 99, 100, 12_345, 1 << 32, .max - 1, .max] as [UInt64])
    func `are those that Swift writes`(number: UInt64) {
        let text = String(unsafeUninitializedCapacity: DecimalDigits.longest) { bytes in
            bytes.baseAddress.map { DecimalDigits.write(number, to: $0) } ?? 0
        }

        #expect(text == String(number))
    }

    @Test(arguments: [(7, 3, "007"), (1234, 2, "34"), (0, 1, "0"), (5, 1, "5")] as [(UInt64, Int, String)])
    func `are the last ones, with zeros before them, where so many are asked for`(
        number: UInt64, places: Int, expected: String
    ) {
        let text = String(unsafeUninitializedCapacity: DecimalDigits.longest) { bytes in
            bytes.baseAddress.map { DecimalDigits.write(number, places: places, to: $0) }
            return places
        }

        #expect(text == expected)
    }
}
