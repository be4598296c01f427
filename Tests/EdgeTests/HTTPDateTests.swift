import Testing

@testable import Edge

@Suite struct HTTPDateTests {
    @Test(arguments: [
        (784_111_777, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), (0, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
        (4_107_542_399, "Date: Sun, 28 Feb 2100 23:59:59 GMT\r\n"),
    ]) func `is written as RFC 9110 wants it`(second: Int, line: String) {
        #expect(HTTPDate(at: second).line == Array(line.utf8))
    }

    @Test func `is made anew for another second`() {
        var date = HTTPDate(at: 0)

        date.refresh(at: 1)

        #expect(date.line == Array("Date: Thu, 01 Jan 1970 00:00:01 GMT\r\n".utf8))
    }
}
