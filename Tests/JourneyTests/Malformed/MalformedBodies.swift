// What can be wrong with where a body ends.

extension MalformedRequest {
    static let lengths =
        [
            fields("two equal lengths", "Content-Length: 5\r\nContent-Length: 5\r\n", body: "abcde"),
            fields("two different lengths", "Content-Length: 5\r\nContent-Length: 6\r\n", body: "abcdef"),
            fields("two lengths of nothing", "Content-Length: 0\r\nContent-Length: 0\r\n"),
            fields("a length and an empty one", "Content-Length: 5\r\nContent-Length:\r\n", body: "abcde"),
            fields("a length and a coding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", body: "0\r\n\r\n"),
            fields("a coding and a length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", body: "0\r\n\r\n"),
            fields(
                "a length of nothing and a coding", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
                body: "0\r\n\r\n"),
            fields("a length and identity", "Content-Length: 5\r\nTransfer-Encoding: identity\r\n", body: "abcde"),
            fields(
                "a length and a coding nobody knows", "Content-Length: 5\r\nTransfer-Encoding: x\r\n", body: "abcde"),
            fields("a body that is too large", "Content-Length: 65537\r\n", 413),
            fields("a body that is far too large", "Content-Length: 999999999999999999\r\n", 413),
            fields("a body that is too large, announced", "Content-Length: 65537\r\nExpect: 100-continue\r\n", 413),
        ]
        + [
            "", "5, 5", "5,5", "5,", ",5", "5, 6", "5 5", "5;5", "+5", "-5", "-0", "0x5", "5a", "a", "5.0", "5e0",
            "1_0",
            "\"5\"", "'5'", "(5)", "\u{b2}", "5\u{b}", "9223372036854775808", "18446744073709551616",
            "18446744073709551621", "99999999999999999999999999999999999999999", "000000000000000000000000000005",
        ].map { fields("the length '\($0)'", "Content-Length: \($0)\r\n", body: "abcde") }

    static let codings = [
        coding("gzip", 501), coding("identity", 501), coding("xchunked", 501), coding("chunkedx", 501),
        coding("chunke", 501), coding("x", 501), coding("gzip, chunked", 501), coding("chunked, chunked"),
        coding("chunked, gzip"), coding("chunked, identity"), coding("identity, chunked", 501), coding("chunked;q=1"),
        coding("\"chunked\""), coding("'chunked'", 501), coding(""), coding(", chunked"), coding("chunked,"),
        coding("chun ked"), coding("\u{b}chunked"), coding("chunked\u{c}"), coding("chunked\0"), coding("ch\u{fc}nked"),
        fields(
            "chunked in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", body: "0\r\n\r\n"),
        fields(
            "gzip, then chunked, in two fields", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501,
            body: "0\r\n\r\n"),
        fields(
            "chunked, then identity, in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            body: "0\r\n\r\n"),
        MalformedRequest(
            "a coding in HTTP/1.0", 400, "GET \(path) HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        MalformedRequest(
            "a coding and a length in HTTP/1.0", 400,
            "GET \(path) HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    ]

    private static func coding(_ value: String, _ status: Int = 400) -> MalformedRequest {
        fields("the coding '\(value)'", "Transfer-Encoding: \(value)\r\n", status, body: "5\r\nabcde\r\n0\r\n\r\n")
    }

    static let chunks =
        [
            "", " ", "+5", "-5", "0x5", "0X5", "5h", "g", "x", " 5", "5 ", "5\t", "\t5", "5 ;a", "5; a", "5;a ",
            "5;a =b", "5;a= b",
            "5,5", "5.", "_5", "5_", "\u{b}5", "5\u{c}", "5\0", "\05", "5\r", "5;", "5;;a", "5;=a", "5;a=", "5;a\u{e4}",
            "5;a=\"b", "5;a=\"b\"c", "5;a=\"\u{1}\"", "5;a=\"\\\u{7f}\"", "5;a\0", "5;a\rb", "5;\r", "\"5\"", "\u{b5}",
            "10000000000000005", "00000000000000005",
        ].map { chunked("the size '\($0)'", "\($0)\r\nabcde\r\n0\r\n\r\n") }
        + [
            chunked("a size that ends with a bare line feed", "5\nabcde\r\n0\r\n\r\n"),
            chunked("a size that ends with a bare carriage return", "5\rabcde\r\n0\r\n\r\n"),
            chunked("an extension that ends with a bare line feed", "5;a\nabcde\r\n0\r\n\r\n"),
            chunked("a chunk without line end", "5\r\nabcde0\r\n\r\n"),
            chunked("a chunk that ends with a bare line feed", "5\r\nabcde\n0\r\n\r\n"),
            chunked("a chunk that ends with a bare carriage return", "5\r\nabcde\r0\r\n\r\n"),
            chunked("a chunk that ends with two carriage returns", "5\r\nabcde\r\r\n0\r\n\r\n"),
            chunked("a chunk that is longer than it says", "4\r\nabcde\r\n0\r\n\r\n"),
            chunked("a chunk that is shorter than it says", "6\r\nabcde\r\n0\r\n\r\n"),
            chunked("an empty line before the last chunk", "5\r\nabcde\r\n\r\n0\r\n\r\n"),
            chunked("a last chunk that ends with a bare line feed", "5\r\nabcde\r\n0\n\r\n"),
            chunked("a bare line feed as the end", "5\r\nabcde\r\n0\r\n\n"),
            chunked("something else than an empty line as the end", "5\r\nabcde\r\n0\r\nx\r\n"),
            chunked("a last chunk with data", "0\r\nabcde\r\n"),
            chunked("an extension that does not end", "5;\(long(20_000))"),
            chunked("extensions that are too long together", long(40, "1;\(long(60))\r\na\r\n") + "0\r\n\r\n"),
            chunked("a size of zeros that does not end", long(20_000, "0")),
            chunked("a size that is all there is", "ffffffffffffffff\r\nabcde\r\n0\r\n\r\n", 413),
            chunked("a size that is negative to some", "8000000000000000\r\nabcde\r\n0\r\n\r\n", 413),
            chunked("a chunk that is too large", "10001\r\n\(long(65_537))\r\n0\r\n\r\n", 413),
            chunked("chunks that are too large together", long(2, "8001\r\n\(long(32_769))\r\n"), 413),
            chunked("chunks of one byte without end", long(25_000, "1\r\na\r\n"), 413),
            chunked("a trailer without colon", "0\r\nX-A\r\n\r\n"),
            chunked("a trailer without name", "0\r\n: b\r\n\r\n"),
            chunked("a space before a trailer's colon", "0\r\nX-A : b\r\n\r\n"),
            chunked("a folded trailer", "0\r\nX-A: b\r\n c\r\n\r\n"),
            chunked("a folded first trailer", "0\r\n X-A: b\r\n\r\n"),
            chunked("an underscore in a trailer's name", "0\r\nX_A: b\r\n\r\n"),
            chunked("a bare line feed behind a trailer", "0\r\nX-A: b\n\r\n"),
            chunked("a bare carriage return in a trailer", "0\r\nX-A: b\rc\r\n\r\n"),
            chunked("a NUL in a trailer", "0\r\nX-A: \0\r\n\r\n"),
            chunked("a byte above ASCII in a trailer's name", "0\r\nX-\u{e4}: b\r\n\r\n"),
            chunked("a length as a trailer", "0\r\nContent-Length: 5\r\n\r\n"),
            chunked("a coding as a trailer", "0\r\ntransfer-encoding: chunked\r\n\r\n"),
            chunked("a Host as a trailer", "0\r\nHost: other.test\r\n\r\n"),
            chunked("too many trailers", "0\r\n\(long(101, "X-A: b\r\n"))\r\n"),
            chunked("a trailer that does not end", "0\r\nX-A: \(long(40_000))"),
        ]
}
