// The head of a request for the second reading: its lines are known to be lines, nothing else of it is.

import Glibc

struct StrictHead {
    enum Body { case length(Int), chunked }

    let method: String
    /// The target's, as sent.
    let path: String
    private(set) var body = Body.length(0)
    private(set) var isLast: Bool

    /// Those that may be asked with at all. Others are refused.
    private static let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]

    init(method: [UInt8], target: [UInt8], version: [UInt8], fields: [(name: [UInt8], value: [UInt8])]) throws {
        guard fields.allSatisfy({ StrictReading.isToken($0.name) && StrictReading.isValue($0.value) }) else {
            throw StrictReading.Refused()
        }
        func values(_ name: String) -> [String] {
            fields.filter { String(decoding: $0.name, as: UTF8.self).lowercased() == name }
                .map { String(decoding: $0.value, as: UTF8.self) }
        }
        let isOld = version.last == UInt8(ascii: "0")
        self.method = String(decoding: method, as: UTF8.self)
        guard Self.methods.contains(self.method) else { throw StrictReading.Refused() }
        let (path, authority) = try Self.parts(String(decoding: target, as: UTF8.self), self.method)
        self.path = path
        let hosts = values("host")
        guard hosts.count == 1 || hosts.isEmpty && isOld,
            (hosts + [authority].compactMap(\.self)).allSatisfy(Self.isHost),
            hosts.isEmpty || authority == nil || authority?.lowercased() == hosts[0].lowercased(),
            values("authorization").count < 2
        else { throw StrictReading.Refused() }
        body = try Self.body(values("content-length"), values("transfer-encoding"), isOld)
        let expectations = values("expect").map { $0.lowercased() }
        guard isOld || expectations.isEmpty || expectations == ["100-continue"] else { throw StrictReading.Refused() }
        let options = values("connection").flatMap { $0.split(separator: ",") }.map {
            String(decoding: StrictReading.trimmed(Array($0.utf8)[...]), as: UTF8.self).lowercased()
        }
        guard options.allSatisfy({ $0.isEmpty || StrictReading.isToken(Array($0.utf8)) }) else {
            throw StrictReading.Refused()
        }
        isLast =
            options.contains("close") || isOld && !options.contains("keep-alive") || !values("upgrade").isEmpty
    }

    private static func body(_ lengths: [String], _ codings: [String], _ isOld: Bool) throws -> Body {
        if !codings.isEmpty {
            guard lengths.isEmpty, !isOld, codings.count == 1, codings[0].lowercased() == "chunked" else {
                throw StrictReading.Refused()
            }
            return .chunked
        }
        guard !lengths.isEmpty else { return .length(0) }
        guard lengths.count == 1, lengths[0].wholeMatch(of: /[0-9]{1,18}/) != nil,
            let length = Int(lengths[0]), length <= 65_536
        else { throw StrictReading.Refused() }
        return .length(length)
    }

    private static func parts(_ target: String, _ method: String) throws -> (path: String, authority: String?) {
        if target == "*", method == "OPTIONS" { return (target, nil) }
        let form = /((?i:https?):\/\/([^\/?]*))?([^?]*)(\?.*)?/.matchingSemantics(.unicodeScalar)
        guard let match = target.wholeMatch(of: form) else { throw StrictReading.Refused() }
        let path = String(match.output.3)
        let authority = match.output.2.map(String.init)
        guard path.hasPrefix("/") || path.isEmpty && authority != nil,
            path.wholeMatch(of: /([\-._~!$&'()*+,;=:@\/0-9A-Za-z]|%[0-9A-Fa-f][0-9A-Fa-f])*/) != nil,
            (match.output.4 ?? "").wholeMatch(of: /[!-"$-~]*/) != nil
        else { throw StrictReading.Refused() }
        return (path.isEmpty ? "/" : path, authority)
    }

    private static func isHost(_ text: String) -> Bool {
        guard let match = text.wholeMatch(of: /([\-._0-9A-Za-z]+|\[([0-9A-Fa-f:.]+)\])(:([0-9]{1,5}))?/) else {
            return false
        }
        if let port = match.output.4, !(1...65_535).contains(Int(port) ?? 0) { return false }
        guard let address = match.output.2 else { return true }
        var bytes = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, String(address), &bytes) == 1
    }
}
