// A hash that is the same in each process and each run, which Swift's own is not.

/// FNV-1a of 64 bits: texts that differ in a few bytes are told apart by all of them. Not for keys that somebody chooses to
/// make them meet.
package struct FNV1a {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
}
