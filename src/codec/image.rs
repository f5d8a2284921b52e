//! Telling what bytes are by how they begin: the facts of an image in a line of words, and the names of
//! other formats.

/// How far a size is looked for in the images that are boxes (AVIF, HEIC).
const BOXES_READ: usize = 4096;

/// Why there is no size.
enum Missing {
    /// The bytes end before it.
    Cut,
    /// What stands where it should be is something else.
    Broken,
}

type Facts<T> = Result<T, Missing>;

/// What image this is, as `PNG image, 640 x 480 pixels, 8 bits, RGBA`, as far as the bytes go; `None` when
/// it is no image that is known here.
fn image_facts(bytes: &[u8]) -> Option<String> {
    let (name, facts) = read_image(bytes)?;
    Some(match facts {
        Ok(facts) if facts.is_empty() => name,
        Ok(facts) => format!("{name}, {facts}"),
        Err(Missing::Cut) => format!("{name}, cut off before its size"),
        Err(Missing::Broken) => format!("{name}, with a broken header"),
    })
}

/// What the bytes are: an image with its facts, or the name of another format.
pub fn kind_of_bytes(bytes: &[u8]) -> Option<String> {
    image_facts(bytes).or_else(|| {
        let known = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature));
        known.map(|(_, name)| (*name).to_owned()).or_else(|| described(bytes))
    })
}

fn read_image(bytes: &[u8]) -> Option<(String, Facts<String>)> {
    let named = |name: &str, facts| Some((name.to_owned(), facts));
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => named("PNG image", png(bytes)),
        [0xff, 0xd8, 0xff, ..] => named("JPEG image", jpeg(bytes)),
        [b'G', b'I', b'F', b'8', b'7', b'a', ..] => named("GIF image (87a)", gif(bytes)),
        [b'G', b'I', b'F', b'8', b'9', b'a', ..] => named("GIF image (89a)", gif(bytes)),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => named("WebP image", webp(bytes)),
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] if is_bmp(bytes) => named("BMP image", bmp(bytes)),
        [0, 0, 1, 0, ..] if is_ico(bytes) => named("ICO image", ico(bytes)),
        _ => boxed(bytes),
    }
}

fn png(bytes: &[u8]) -> Facts<String> {
    let mut chunks = PngChunks { rest: bytes.get(8..).ok_or(Missing::Cut)? };
    let mut header = chunks.next().ok_or(Missing::Cut)?;
    // What Xcode makes of a PNG has a chunk of its own before the header.
    if header.kind == *b"CgBI" {
        header = chunks.next().ok_or(Missing::Cut)?;
    }
    if header.kind != *b"IHDR" {
        return Err(Missing::Broken);
    }
    let size = pixels(u32_be(header.data, 0)?, u32_be(header.data, 4)?);
    let (depth, colour) = (byte(header.data, 8)?, png_colour(byte(header.data, 9)?));
    let interlaced = if byte(header.data, 12)? == 1 { ", interlaced" } else { "" };
    let animated = chunks.take_while(|chunk| chunk.kind != *b"IDAT").any(|chunk| chunk.kind == *b"acTL");
    let animated = if animated { ", animated" } else { "" };
    Ok(format!("{size}, {}, {colour}{interlaced}{animated}", counted(depth.into(), "bit")))
}

fn png_colour(kind: u8) -> &'static str {
    match kind {
        0 => "grey",
        2 => "RGB",
        3 => "palette",
        4 => "grey with alpha",
        6 => "RGBA",
        _ => "unknown colours",
    }
}

struct PngChunks<'a> {
    rest: &'a [u8],
}

struct PngChunk<'a> {
    kind: [u8; 4],
    /// What there is of it.
    data: &'a [u8],
}

impl<'a> Iterator for PngChunks<'a> {
    type Item = PngChunk<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let length = u32::from_be_bytes(*length) as usize;
        let (data, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        // Four bytes of checksum.
        self.rest = behind.get(4..).unwrap_or_default();
        Some(PngChunk { kind: *kind, data })
    }
}

fn jpeg(bytes: &[u8]) -> Facts<String> {
    let mut at = 2;
    loop {
        if byte(bytes, at)? != 0xff {
            return Err(Missing::Broken);
        }
        at += 1;
        match byte(bytes, at)? {
            // Filling, before any marker: this byte is the first of the next try.
            0xff => {}
            0x01 | 0xd0..=0xd7 => at += 1,
            // The picture begins, or ends, without having had a size.
            0x00 | 0xd8..=0xda => return Err(Missing::Broken),
            marker @ 0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => return jpeg_frame(bytes, at, marker),
            _ => at += 1 + usize::from(u16_be(bytes, at + 1)?),
        }
    }
}

/// The frame header whose marker stands at `at`.
fn jpeg_frame(bytes: &[u8], at: usize, marker: u8) -> Facts<String> {
    let size = pixels(u16_be(bytes, at + 6)?, u16_be(bytes, at + 4)?);
    let depth = counted(byte(bytes, at + 3)?.into(), "bit");
    let components = counted(byte(bytes, at + 8)?.into(), "component");
    let process = match marker {
        0xc0 => "baseline",
        0xc1 => "extended sequential",
        0xc2 => "progressive",
        0xc3 => "lossless",
        0xc9 => "sequential with arithmetic coding",
        0xca => "progressive with arithmetic coding",
        0xcb => "lossless with arithmetic coding",
        _ => "hierarchical",
    };
    Ok(format!("{size}, {depth}, {process}, {components}"))
}

fn gif(bytes: &[u8]) -> Facts<String> {
    let size = pixels(u16_le(bytes, 6)?, u16_le(bytes, 8)?);
    let animated = if gif_images(bytes).unwrap_or_default() > 1 { ", animated" } else { "" };
    Ok(size + animated)
}

/// How many images begin in what is there; two are as good as many.
fn gif_images(bytes: &[u8]) -> Facts<usize> {
    let mut images = 0;
    let mut at = 13 + colour_table(byte(bytes, 10)?);
    while images < 2 {
        match bytes.get(at) {
            Some(0x2c) => {
                images += 1;
                let Some(&packed) = bytes.get(at + 9) else { break };
                at = gif_blocks(bytes, at + 11 + colour_table(packed));
            }
            Some(0x21) => at = gif_blocks(bytes, at + 2),
            _ => break,
        }
    }
    Ok(images)
}

/// The size in bytes of the colour table of which the flags tell.
fn colour_table(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
}

/// Where the blocks that begin at `at` have ended, or the bytes have.
fn gif_blocks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&length) = bytes.get(at) {
        at += 1 + usize::from(length);
        if length == 0 {
            break;
        }
    }
    at
}

fn webp(bytes: &[u8]) -> Facts<String> {
    match chunk_at(bytes, 12)? {
        b"VP8 " => webp_lossy(bytes),
        b"VP8L" => webp_lossless(bytes),
        b"VP8X" => webp_extended(bytes),
        _ => Err(Missing::Broken),
    }
}

fn webp_lossy(bytes: &[u8]) -> Facts<String> {
    if *chunk_at::<3>(bytes, 23)? != [0x9d, 0x01, 0x2a] {
        return Err(Missing::Broken);
    }
    // The upper two bits of each say how it is to be scaled.
    let size = pixels(u16_le(bytes, 26)? & 0x3fff, u16_le(bytes, 28)? & 0x3fff);
    Ok(size + ", lossy")
}

fn webp_lossless(bytes: &[u8]) -> Facts<String> {
    if byte(bytes, 20)? != 0x2f {
        return Err(Missing::Broken);
    }
    let bits = u32::from_le_bytes(*chunk_at(bytes, 21)?);
    let size = pixels((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
    let alpha = if bits >> 28 & 1 == 1 { ", alpha" } else { "" };
    Ok(format!("{size}, lossless{alpha}"))
}

fn webp_extended(bytes: &[u8]) -> Facts<String> {
    let flags = byte(bytes, 20)?;
    let size = pixels(u24_le(bytes, 24)? + 1, u24_le(bytes, 27)? + 1);
    let alpha = if flags & 0x10 == 0 { "" } else { ", alpha" };
    let animated = if flags & 0x02 == 0 { "" } else { ", animated" };
    Ok(format!("{size}, extended{alpha}{animated}"))
}

/// `BM` begins words too: the header that follows has one of a few lengths.
fn is_bmp(bytes: &[u8]) -> bool {
    u32_le(bytes, 14).map_or(true, |length| matches!(length, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

fn bmp(bytes: &[u8]) -> Facts<String> {
    let (size, depth) = if u32_le(bytes, 14)? == 12 {
        (pixels(u16_le(bytes, 18)?, u16_le(bytes, 20)?), u16_le(bytes, 24)?)
    } else {
        // A height below nothing means that the rows are sent from the top.
        let height = u32_le(bytes, 22)?.cast_signed().unsigned_abs();
        (pixels(u32_le(bytes, 18)?, height), u16_le(bytes, 28)?)
    };
    Ok(format!("{size}, {} a pixel", counted(depth.into(), "bit")))
}

/// The four bytes alone are too common: an image is to follow, and a byte of its entry is always 0.
fn is_ico(bytes: &[u8]) -> bool {
    let count = u16_le(bytes, 4).unwrap_or(1);
    (1..=1000).contains(&count) && byte(bytes, 9).unwrap_or(0) == 0
}

fn ico(bytes: &[u8]) -> Facts<String> {
    let count = u16_le(bytes, 4)?;
    let (entries, _) = bytes.get(6..).unwrap_or_default().as_chunks::<16>();
    // A side of 256 does not fit its byte and is written as 0.
    let side = |byte: u8| if byte == 0 { 256 } else { u16::from(byte) };
    let sizes = entries.iter().take(count.into()).map(|&[width, height, ..]| (side(width), side(height)));
    let (width, height) = sizes.max().ok_or(Missing::Cut)?;
    Ok(format!("{}, the biggest {}", counted(count.into(), "image"), pixels(width, height)))
}

/// AVIF and HEIC, which are kept in boxes as video is.
fn boxed(bytes: &[u8]) -> Option<(String, Facts<String>)> {
    let brand = brand(bytes)?;
    let length = u32_be(bytes, 0).ok()?.min(256) as usize;
    let (others, _) = bytes.get(16..length.min(bytes.len())).unwrap_or_default().as_chunks::<4>();
    let format = match brand {
        b"avif" | b"avis" => "AVIF",
        // These say only that there are images in it.
        b"mif1" | b"msf1" if others.contains(b"avif") => "AVIF",
        b"mif1" | b"msf1" | b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => "HEIC",
        _ => return None,
    };
    Some((format!("{format} image ({})", plain(brand)), boxed_size(bytes)))
}

/// The biggest of the sizes: there may be tiles and a thumbnail beside the image.
fn boxed_size(bytes: &[u8]) -> Facts<String> {
    let start = bytes.get(..BOXES_READ).unwrap_or(bytes);
    let boxes = start.windows(20).filter(|window| window.starts_with(b"\0\0\0\x14ispe\0\0\0\0"));
    let sizes = boxes.filter_map(|window| Some((u32_be(window, 12).ok()?, u32_be(window, 16).ok()?)));
    match sizes.max_by_key(|&(width, height)| u64::from(width) * u64::from(height)) {
        Some((width, height)) => Ok(pixels(width, height)),
        // It may come later than was looked.
        None if bytes.len() >= BOXES_READ => Ok(String::new()),
        None => Err(Missing::Cut),
    }
}

/// The brand of a file that is made of boxes.
fn brand(bytes: &[u8]) -> Option<&[u8; 4]> {
    let is_box = bytes.get(4..8) == Some(b"ftyp");
    chunk_at(bytes, 8).ok().filter(|_| is_box)
}

/// How formats begin of which there is no more to say, and their names.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "ZIP archive"),
    (b"PK\x05\x06", "ZIP archive, empty"),
    (b"PK\x07\x08", "ZIP archive, split"),
    (b"\x1f\x8b\x08", "gzip data"),
    (b"wOFF", "WOFF font"),
    (b"wOF2", "WOFF2 font"),
    (b"OggS", "Ogg media"),
];

/// The formats that say their version or brand.
fn described(bytes: &[u8]) -> Option<String> {
    match bytes {
        [b'%', b'P', b'D', b'F', b'-', rest @ ..] => Some(pdf(rest)),
        [0, b'a', b's', b'm', ..] => Some(wasm(bytes)),
        [b'I', b'D', b'3', version @ 2..=4, ..] => Some(format!("MP3 audio, tagged (ID3v2.{version})")),
        [0xca, 0xfe, 0xba, 0xbe, ..] => class(bytes),
        _ => brand(bytes).map(|brand| format!("MP4 media, brand {}", plain(brand))),
    }
}

fn pdf(version: &[u8]) -> String {
    let digits = version.iter().take(4).take_while(|byte| byte.is_ascii_digit() || **byte == b'.');
    let version: String = digits.copied().map(char::from).collect();
    if version.is_empty() { "PDF document".to_owned() } else { format!("PDF document, version {version}") }
}

/// A component has the same first bytes, and says in the last two of its version that it is one.
fn wasm(bytes: &[u8]) -> String {
    let (Ok(version), Ok(layer)) = (u16_le(bytes, 4), u16_le(bytes, 6)) else {
        return "WebAssembly".to_owned();
    };
    let kind = if layer == 0 { "module" } else { "component" };
    format!("WebAssembly {kind}, version {version}")
}

/// Programs for more than one processor (Mach-O) begin alike; their next number is how many, and small,
/// while the first version of a class file was 45.
fn class(bytes: &[u8]) -> Option<String> {
    let (minor, major) = (u16_be(bytes, 4).ok()?, u16_be(bytes, 6).ok()?);
    let release = major.checked_sub(44).filter(|release| *release >= 1)?;
    Some(if release >= 5 {
        format!("Java class file, version {major}.{minor} (Java {release})")
    } else {
        format!("Java class file, version {major}.{minor}")
    })
}

/// Four letters that were sent, fit to be shown.
fn plain(brand: &[u8]) -> String {
    let text: String =
        brand.iter().map(|&byte| if matches!(byte, b' '..=b'~') { char::from(byte) } else { '?' }).collect();
    text.trim().to_owned()
}

fn pixels(width: impl Into<u64>, height: impl Into<u64>) -> String {
    format!("{} x {} pixels", width.into(), height.into())
}

fn counted(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

fn chunk_at<const N: usize>(bytes: &[u8], at: usize) -> Facts<&[u8; N]> {
    bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(Missing::Cut)
}

fn byte(bytes: &[u8], at: usize) -> Facts<u8> {
    bytes.get(at).copied().ok_or(Missing::Cut)
}

fn u16_be(bytes: &[u8], at: usize) -> Facts<u16> {
    chunk_at(bytes, at).copied().map(u16::from_be_bytes)
}

fn u16_le(bytes: &[u8], at: usize) -> Facts<u16> {
    chunk_at(bytes, at).copied().map(u16::from_le_bytes)
}

fn u24_le(bytes: &[u8], at: usize) -> Facts<u32> {
    let &[low, middle, high] = chunk_at(bytes, at)?;
    Ok(u32::from_le_bytes([low, middle, high, 0]))
}

fn u32_be(bytes: &[u8], at: usize) -> Facts<u32> {
    chunk_at(bytes, at).copied().map(u32::from_be_bytes)
}

fn u32_le(bytes: &[u8], at: usize) -> Facts<u32> {
    chunk_at(bytes, at).copied().map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x06\0\0\0CRC4";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\
        \xff\xff\xdb\0\x04ab\xff\xc2\0\x11\x08\x01\xe0\x02\x80\x03\x01\x11\0";
    const GIF: &[u8] = b"GIF89a\x10\0\x08\0\x80\0\0RGBRGB\x21\xf9\x04\x05\0\0\0\0\
        \x2c\0\0\0\0\x10\0\x08\0\0\x02\x03abc\x01d\0\x2c\0\0\0\0\x10\0\x08\0\0\x02\x01a\0\x3b";
    const WEBP_X: &[u8] = b"RIFF\x10\0\0\0WEBPVP8X\x0a\0\0\0\x12\0\0\0\x7f\x02\0\xdf\x01\0";
    const AVIF: &[u8] = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf\
        \0\0\0\x14ispe\0\0\0\0\0\0\0\x40\0\0\0\x40\0\0\0\x14ispe\0\0\0\0\0\0\x02\x80\0\0\x01\xe0";
    const ICO: &[u8] = b"\0\0\x01\0\x02\0\
        \x10\x10\0\0\x01\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\x20\0\0\0\0\0\0\0\0\0";
    const BMP: &[u8] = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x80\x02\0\0\x20\xfe\xff\xff\x01\0\x18\0";

    #[track_caller]
    fn check(bytes: &[u8], words: &str) {
        assert_eq!(image_facts(bytes).as_deref(), Some(words));
        assert_eq!(kind_of_bytes(bytes).as_deref(), Some(words));
    }

    #[test]
    fn reads_png() {
        check(PNG, "PNG image, 640 x 480 pixels, 8 bits, RGBA");
        let other = b"\x89PNG\r\n\x1a\n\0\0\0\x04CgBI1234CRC4\0\0\0\rIHDR\0\0\0\x01\0\0\0\x02\x01\x03\0\0\x01CRC4";
        check(other, "PNG image, 1 x 2 pixels, 1 bit, palette, interlaced");
        let moving = [PNG, b"\0\0\0\x08acTL12345678CRC4\0\0\0\0IDAT"].concat();
        check(&moving, "PNG image, 640 x 480 pixels, 8 bits, RGBA, animated");
        let still = [PNG, b"\0\0\0\0IDATCRC4\0\0\0\x08acTL12345678CRC4"].concat();
        check(&still, "PNG image, 640 x 480 pixels, 8 bits, RGBA");
        check(&PNG[..20], "PNG image, cut off before its size");
        check(&PNG[..4], "PNG image, cut off before its size");
        check(b"\x89PNG\r\n\x1a\n\0\0\0\rIDATx", "PNG image, with a broken header");
    }

    #[test]
    fn reads_jpeg() {
        check(JPEG, "JPEG image, 640 x 480 pixels, 8 bits, progressive, 3 components");
        let grey = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x01\0\x02\x01\x01\x11\0";
        check(grey, "JPEG image, 2 x 1 pixels, 8 bits, baseline, 1 component");
        check(&JPEG[..30], "JPEG image, cut off before its size");
        check(b"\xff\xd8\xff\xda\0\x02", "JPEG image, with a broken header");
        check(b"\xff\xd8\xff\xe0\0\x02x", "JPEG image, with a broken header");
        check(b"\xff\xd8\xff\xe0\0\0\xff\xe0\0\0", "JPEG image, with a broken header");
    }

    #[test]
    fn reads_gif() {
        check(GIF, "GIF image (89a), 16 x 8 pixels, animated");
        check(&GIF[..45], "GIF image (89a), 16 x 8 pixels");
        check(b"GIF87a\x01\0\x01\0", "GIF image (87a), 1 x 1 pixels");
        check(&GIF[..9], "GIF image (89a), cut off before its size");
    }

    #[test]
    fn reads_webp() {
        check(WEBP_X, "WebP image, 640 x 480 pixels, extended, alpha, animated");
        let lossy = b"RIFF\x10\0\0\0WEBPVP8 \x0a\0\0\0\x10\0\0\x9d\x01\x2a\x80\x42\xe0\x01";
        check(lossy, "WebP image, 640 x 480 pixels, lossy");
        let bits: u32 = 639 + (479 << 14) + (1 << 28);
        let lossless = [b"RIFF\x10\0\0\0WEBPVP8L\x0a\0\0\0\x2f".as_slice(), &bits.to_le_bytes()].concat();
        check(&lossless, "WebP image, 640 x 480 pixels, lossless, alpha");
        check(&WEBP_X[..12], "WebP image, cut off before its size");
        check(b"RIFF\x10\0\0\0WEBPJUNK", "WebP image, with a broken header");
        assert_eq!(image_facts(b"RIFF\x10\0\0\0WAVEfmt "), None);
    }

    #[test]
    fn reads_bitmaps_and_icons() {
        check(BMP, "BMP image, 640 x 480 pixels, 24 bits a pixel");
        let core = b"BM\x46\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0\x02\0\x03\0\x01\0\x01\0";
        check(core, "BMP image, 2 x 3 pixels, 1 bit a pixel");
        check(&BMP[..16], "BMP image, cut off before its size");
        assert_eq!(kind_of_bytes(b"BMW is a maker of cars"), None);
        check(ICO, "ICO image, 2 images, the biggest 256 x 256 pixels");
        check(&ICO[..30], "ICO image, 2 images, the biggest 16 x 16 pixels");
        check(&ICO[..6], "ICO image, cut off before its size");
        assert_eq!(kind_of_bytes(b"\0\0\x01\0\0\0\0\0"), None);
    }

    #[test]
    fn reads_boxed_images() {
        check(AVIF, "AVIF image (avif), 640 x 480 pixels");
        check(&AVIF[..40], "AVIF image (avif), cut off before its size");
        check(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC image (mif1), cut off before its size");
        check(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF image (mif1), cut off before its size");
        let late = [b"\0\0\0\x10ftypheic\0\0\0\0".as_slice(), &[0; 5000]].concat();
        check(&late, "HEIC image (heic)");
    }

    #[test]
    fn names_other_formats() {
        for (bytes, words) in [
            (b"%PDF-1.7\n%\xe2".as_slice(), "PDF document, version 1.7"),
            (b"%PDF-", "PDF document"),
            (b"PK\x03\x04\x14\0", "ZIP archive"),
            (b"PK\x05\x06\0\0", "ZIP archive, empty"),
            (b"\x1f\x8b\x08\0", "gzip data"),
            (b"\0asm\x01\0\0\0", "WebAssembly module, version 1"),
            (b"\0asm\x0d\0\x01\0", "WebAssembly component, version 13"),
            (b"\0asm", "WebAssembly"),
            (b"wOFF\0\x01\0\0", "WOFF font"),
            (b"wOF2\0\x01\0\0", "WOFF2 font"),
            (b"\0\0\0\x20ftypisom\0\0\x02\0", "MP4 media, brand isom"),
            (b"\0\0\0\x20ftypqt  \0\0\x02\0", "MP4 media, brand qt"),
            (b"\0\0\0\x20ftyp\x1b[2J\0\0\x02\0", "MP4 media, brand ?[2J"),
            (b"OggS\0\x02", "Ogg media"),
            (b"ID3\x04\0\0", "MP3 audio, tagged (ID3v2.4)"),
            (b"\xca\xfe\xba\xbe\0\0\0\x34", "Java class file, version 52.0 (Java 8)"),
            (b"\xca\xfe\xba\xbe\0\x03\0\x2d", "Java class file, version 45.3"),
        ] {
            assert_eq!(kind_of_bytes(bytes).as_deref(), Some(words));
            assert_eq!(image_facts(bytes), None);
        }
        for bytes in [b"".as_slice(), b"{}", b"ID3 is a tag", b"\xca\xfe\xba\xbe\0\0\0\x02", b"\0\0\0\x20ftyp"] {
            assert_eq!(kind_of_bytes(bytes), None, "{bytes:x?}");
        }
    }

    #[test]
    fn survives_anything() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 32) as usize
        };
        for sample in
            [PNG, JPEG, GIF, WEBP_X, AVIF, ICO, BMP, b"%PDF-1.7", b"\0asm\x01\0\0\0", b"\xca\xfe\xba\xbe\0\0\0\x34"]
        {
            for end in 0..=sample.len() {
                kind_of_bytes(&sample[..end]);
            }
            for _ in 0..20_000 {
                let mut damaged = sample.to_vec();
                for _ in 0..=next() % 3 {
                    let at = next() % damaged.len();
                    damaged[at] = next() as u8;
                }
                assert!(kind_of_bytes(&damaged).is_none_or(|words| words.len() < 120 && !words.contains('\n')));
                let tail: Vec<u8> = (0..next() % 40).map(|_| next() as u8).collect();
                kind_of_bytes(&[&sample[..sample.len().min(4)], &tail].concat());
            }
        }
    }
}
