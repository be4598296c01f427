// Retry-After as upstreams write it.

import Testing

@testable import Upstream

struct RetryAfterTests {
    private func read(_ line: String) -> Duration? {
        Array(line.utf8).withUnsafeBytes { RetryAfter.read($0) }
    }

    @Test(arguments: [
        ("Retry-After: 7\r\n", 7), ("retry-after: 7\r\n", 7), ("RETRY-AFTER:7\r\n", 7), ("Retry-After:  120 \r\n", 120),
        ("Retry-After:\t1\r\n", 1), ("Retry-After: 0\r\n", 0), ("Retry-After: 007\r\n", 7), ("Retry-After: 1", 1),
        ("Retry-After: 3600\r\n", 3600),
    ])
    func `reads a number of seconds`(line: String, seconds: Int) {
        #expect(read(line) == .seconds(seconds))
    }

    @Test(arguments: ["Retry-After: 3601\r\n", "Retry-After: 999999999\r\n"])
    func `waits an hour at most`(line: String) {
        #expect(read(line) == .seconds(3600))
    }

    @Test(arguments: [
        "", "\r\n", "Retry-After", "Retry-After:\r\n", "Retry-After: \r\n", "Retry-After: -1\r\n",
        "Retry-After: +1\r\n",
        "Retry-After: 1.5\r\n", "Retry-After: 1 2\r\n", "Retry-After: 0x10\r\n", "Retry-After: 1s\r\n",
        "Retry-After: 9999999999\r\n", "Retry-After: 99999999999999999999999\r\n", "Retry-Afterx: 1\r\n",
        "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", "Retry_After: 1\r\n", "X-Retry-After: 1\r\n",
    ])
    func `leaves aside what is no number of seconds or another field`(line: String) {
        #expect(read(line) == nil)
    }
}
