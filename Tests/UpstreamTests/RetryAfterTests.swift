// Retry-After as upstreams write it.

import Testing

@testable import Upstream

struct RetryAfterTests {
    private func read(_ line: String) -> Duration? {
        wait(line, sent: nil, now: 0)
    }

    private func wait(_ line: String, sent: String?, now: Int) -> Duration? {
        Array(line.utf8).withUnsafeBytes { RetryAfter.read($0) }?.wait(sent: sent, now: now)
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
        "Retry_After: 1\r\n", "X-Retry-After: 1\r\n",
    ])
    func `leaves aside what is no number of seconds or another field`(line: String) {
        #expect(read(line) == nil)
    }

    /// 784_111_777 seconds after the epoch (RFC 9110's own example).
    private static let date = "Sun, 06 Nov 1994 08:49:37 GMT"

    @Test func `a date is waited for by the reply's own clock, or by ours where the reply has none`() {
        let line = "Retry-After: \(Self.date)\r\n"

        #expect(wait(line, sent: nil, now: 784_111_770) == .seconds(7))
        #expect(wait(line, sent: "Sun, 06 Nov 1994 08:49:30 GMT", now: 0) == .seconds(7))
        #expect(wait(line, sent: "yesterday", now: 784_111_770) == .seconds(7))
        #expect(wait(line, sent: "Sun, 06 Nov 1994 08:49:38 GMT", now: 0) == .zero)
        #expect(wait(line, sent: nil, now: 0) == .seconds(3600))
        #expect(wait("retry-after:\(Self.date) ", sent: Self.date, now: 0) == .zero)
    }

    @Test(arguments: [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800), ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
    ])
    func `reads a date as HTTP writes it`(text: String, seconds: Int) {
        #expect(IMFDate.seconds(text.utf8) == seconds)
    }

    @Test(arguments: [
        "", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT+", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 30 Feb 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 -8:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08 49 37 GMT", "Sun; 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37\u{a0}GM",
    ])
    func `leaves aside what is no such date`(text: String) {
        #expect(IMFDate.seconds(text.utf8) == nil)
        #expect(read("Retry-After: \(text)\r\n") == nil)
    }
}
