# Gets a page with LWP.
use LWP::UserAgent;

print LWP::UserAgent->new(env_proxy => 1)->get($ARGV[0])->content;
