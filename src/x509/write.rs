//! Writing DER, as little as requests, tests and the lab need.

/// One element.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        n @ 0..=0x7f => out.push(n as u8),
        n => {
            let digits: Vec<u8> = n.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
            out.push(0x80 | digits.len() as u8);
            out.extend(digits);
        }
    }
    out.extend_from_slice(content);
    out
}

/// SEQUENCE of elements that are written already.
pub fn sequence<T: AsRef<[u8]>>(elements: &[T]) -> Vec<u8> {
    tlv(0x30, &join(elements))
}

/// Elements one behind the other.
pub fn join<T: AsRef<[u8]>>(elements: &[T]) -> Vec<u8> {
    elements.iter().flat_map(|element| element.as_ref().iter().copied()).collect()
}

/// OBJECT IDENTIFIER from its dotted form.
pub fn oid(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted.split('.').filter_map(|arc| arc.parse::<u64>().ok());
    let (first, second) = (arcs.next().unwrap_or(0), arcs.next().unwrap_or(0));
    let mut content = base128(first * 40 + second);
    for arc in arcs {
        content.extend(base128(arc));
    }
    tlv(6, &content)
}

fn base128(mut n: u64) -> Vec<u8> {
    let mut out = vec![(n & 0x7f) as u8];
    while n > 0x7f {
        n >>= 7;
        out.insert(0, 0x80 | (n & 0x7f) as u8);
    }
    out
}

/// INTEGER from a positive number, big end first.
pub fn integer(number: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = number.iter().copied().skip_while(|b| *b == 0).collect();
    match digits.first() {
        None => tlv(2, &[0]),
        Some(top) if top & 0x80 != 0 => tlv(2, &[&[0], &digits[..]].concat()),
        Some(_) => tlv(2, &digits),
    }
}

/// BIT STRING of whole bytes.
pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], bytes].concat())
}

/// OCTET STRING.
pub fn octet_string(bytes: &[u8]) -> Vec<u8> {
    tlv(4, bytes)
}

/// BOOLEAN.
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(1, &[if value { 0xff } else { 0 }])
}

/// UTF8String.
pub fn utf8(text: &str) -> Vec<u8> {
    tlv(12, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_the_reader_reads() {
        assert_eq!(oid("1.2.840.113549.1.1.11"), [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]);
        assert_eq!(integer(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(integer(&[0]), [2, 1, 0]);
        assert_eq!(tlv(4, &[7; 200])[..3], [4, 0x81, 200]);
        assert_eq!(tlv(4, &[7; 300])[..4], [4, 0x82, 1, 44]);
    }
}
