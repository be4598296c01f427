// What a client gets, before the edge writes it in the words of its protocol.

/// One answer to a client. The edge adds `Date`, `Content-Length` and what its protocol needs; all else is here.
package struct Response: Sendable {
    /// A header field. Names are in their canonical spelling (`Content-Type`); HTTP/2 lowers them when it writes them.
    /// Values hold visible ASCII, space and tab only.
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package var status: Int
    package var fields: [Field]
    package var body: [UInt8]
    /// Whether the connection ends with this answer (HTTP/1.1: `Connection: close`).
    package var closesConnection = false

    package init(status: Int, fields: [Field] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The first field of that name, spelled as it was set.
    package subscript(_ name: String) -> String? {
        fields.first { $0.name == name }?.value
    }
}
