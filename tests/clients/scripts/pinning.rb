# Gets a page with Net::HTTP; with `--pinned` it wants a certificate that nobody has.

require "net/http"

port, ca, url, pinned = ARGV
uri = URI(url)
http = Net::HTTP.new(uri.host, 443, "127.0.0.1", port.to_i)
http.use_ssl = true
http.ca_file = ca
http.start do |session|
  raise "this is not the key that was pinned" if pinned && session.peer_cert

  session.get(uri.path).value
end
