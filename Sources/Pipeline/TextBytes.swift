// A text's bytes as they lie in memory: walking them one by one through a String is measured at twenty times a copy.

extension String {
    /// Calls `body` with the text's UTF-8, which must not outlive it. Copies only what is not stored as UTF-8.
    @inlinable public func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(utf8).withUnsafeBufferPointer(body)
    }

    /// Whether both are the same byte for byte; `==` takes different spellings of one character for the same.
    package func hasBytes(of other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
