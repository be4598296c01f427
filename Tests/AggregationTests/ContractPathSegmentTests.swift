// Ids of any form as one segment of a path.

import Aggregation
import Testing

struct ContractPathSegmentTests {
    @Test(arguments: [
        ("ct1a2b3c-5678", "ct1a2b3c-5678"), ("A-z_0.9~", "A-z_0.9~"), ("...", "..."), ("a/b", "a%2Fb"),
        ("../x", "..%2Fx"),
        ("a b?c#d", "a%20b%3Fc%23d"), ("%2e", "%252e"), ("ü😀", "%C3%BC%F0%9F%98%80"), ("a\0\r\n", "a%00%0D%0A"),
        (";=", "%3B%3D"),
    ])
    func `encodes all but unreserved characters`(id: String, segment: String) {
        #expect(percentEncodedSegment(id) == segment)
    }

    @Test(arguments: ["", ".", ".."])
    func `has no segment for what a path would lose`(id: String) {
        #expect(percentEncodedSegment(id) == nil)
    }
}
