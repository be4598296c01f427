// What a number's text says about it, without turning it into a machine's number: texts may exceed any of those.

extension JSONValue {
    /// Whether it is a number written without exponent, and without a fraction other than zeros (`6`, `-0`, `6.0`).
    /// `1e2` is one by its value, but is not taken for an integer: it is no form in which integers are sent.
    package var isInteger: Bool {
        guard case .number = kind else { return false }
        var rest = bytes[...]
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        rest = rest.drop { isDigit($0) }
        guard let point = rest.first else { return true }
        return point == UInt8(ascii: ".") && rest.dropFirst().allSatisfy { $0 == UInt8(ascii: "0") }
    }

    /// Whether an integer of any length is less than `minimum`. False for all that is no integer.
    package func isBelow(_ minimum: Int) -> Bool {
        guard isInteger else { return false }
        let isNegative = first == UInt8(ascii: "-")
        var magnitude: UInt64 = 0
        for digit in bytes.dropFirst(isNegative ? 1 : 0).prefix(while: { isDigit($0) }) {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            // Larger than what any Int is: the sign decides.
            if overflow || carry { return isNegative }
            magnitude = sum
        }
        guard isNegative else { return minimum > 0 && magnitude < minimum.magnitude }
        return minimum < 0 ? magnitude > minimum.magnitude : magnitude > 0 || minimum > 0
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
