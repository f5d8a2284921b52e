//! Tables in the documentation that tests make: between a mark that names them and the next that ends them.

/// The table of a name.
pub(crate) fn block<'p>(page: &'p str, name: &str) -> &'p str {
    let (begin, end) = bounds(page, name);
    &page[begin..end]
}

/// The page with another table of that name.
pub(crate) fn replaced(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = bounds(page, name);
    format!("{}{table}{}", &page[..begin], &page[end..])
}

/// Where the table of a name begins and ends.
fn bounds(page: &str, name: &str) -> (usize, usize) {
    let head = format!("<!-- table: {name} -->\n");
    let begin = page.find(&head).unwrap_or_else(|| panic!("no {head}")) + head.len();
    let rest = &page[begin..];
    (begin, begin + rest.find("<!-- end -->").unwrap())
}
