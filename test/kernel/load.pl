#!/usr/bin/perl
# Makes audit events on purpose. Run through a copy of perl that the rules name (-F exe=), so that
# nothing else on the machine is audited. Usage: load.pl MODE DIR [COUNT]
use strict;
use warnings;
no warnings qw(exec void);
use Fcntl;
use POSIX ();
use Socket;
use Time::HiRes ();

my ($mode, $dir, $count) = @ARGV;
my %modes = (mixed => \&mixed, users => \&users, getppid => \&getppids, paced => \&paced, long => \&long_exec,
  calls => \&calls, sleeps => \&sleeps, opens => \&opens);
($modes{$mode // ''} // die "unknown mode\n")->();

# x86_64 numbers of the system calls perl has no function for.
use constant {
  SYS_FCHMODAT => 268, SYS_MQ_OPEN => 240, SYS_MQ_UNLINK => 241, SYS_OPENAT2 => 437,
  SYS_CAPSET => 126, SYS_DELETE_MODULE => 176, SYS_SETXATTR => 188, SYS_PRCTL => 157,
};

# Runs code in a child, so that what it does to itself ends with it.
sub child {
  my ($code) = @_;
  my $pid = fork() // die "fork: $!\n";
  if (!$pid) { $code->(); POSIX::_exit(0) }
  waitpid($pid, 0);
}

sub run {
  my @argv = @_;
  child(sub { exec { $argv[0] } @argv; POSIX::_exit(1) });
}

# perl's syscall writes to its strings, so that literals must be copied.
sub call { my @copy = @_; return syscall(shift @copy, @copy) }

sub touch { if (open my $file, '>', $_[0]) { close $file } }

# Several processes at once, each with a bit of everything.
sub mixed {
  my @pids;
  for my $n (1 .. ($count // 3)) {
    my $pid = fork() // die "fork: $!\n";
    if (!$pid) { everything("$dir/work$n"); POSIX::_exit(0) }
    push @pids, $pid;
  }
  for (@pids) { waitpid $_, 0; die "a child failed\n" if $? }
}

sub everything {
  my ($work) = @_;
  mkdir $work, 0750 or die "mkdir: $!\n";

  # Programs: plain, with arguments of every shape, under a name with a space.
  run("$dir/bin/other", 'plain');
  run("$dir/bin/other", '', 'two words', "it's \"quoted\"", "new\nline", "tab\there");
  run("$dir/bin/other", "caf\xc3\xa9", "\xff\xfe bytes", '3005', 'DEADBEEF', 'key=value', '{}');
  run("$dir/bin/other program", 'in a path with a space');
  run("$dir/bin/none", 'not there');

  # Files: created, moved, deleted, missing, forbidden, with odd names.
  for my $name ('plain', 'two words', "q\"uote", "new\nline", "caf\xc3\xa9", "\xff\xfe", 'BEEF') {
    touch("$work/$name");
    rename "$work/$name", "$work/$name.moved";
    unlink "$work/$name.moved";
  }
  open my $missing, '<', "$work/missing";
  child(sub { $> = 65534; open my $denied, '<', "$dir/denied" });
  touch("$work/file");
  symlink "$work/file", "$work/link";
  chmod 04711, "$work/file";
  call(SYS_FCHMODAT, -100, "$work/file", 0600);
  call(SYS_SETXATTR, "$work/file", 'user.note', 'text', 4, 0);
  call(SYS_OPENAT2, -100, "$work/file", pack('QQQ', 0, 0, 8), 24);
  unlink "$work/link", "$work/file";
  rmdir $work;

  # Sockets and pipes.
  pipe my $reader, my $writer;
  socket my $local, PF_UNIX, SOCK_STREAM, 0;
  connect $local, pack_sockaddr_un("$dir/no socket");
  connect $local, pack('S', AF_UNIX) . "\0spillway abstract";
  socket my $inet, PF_INET, SOCK_DGRAM, 0;
  connect $inet, pack_sockaddr_in(9, inet_aton('127.0.0.1'));
  socket my $inet6, PF_INET6, SOCK_DGRAM, 0;
  connect $inet6, pack_sockaddr_in6(9, Socket::inet_pton(PF_INET6, '::1'));
  bind $inet, pack_sockaddr_in(0, inet_aton('127.0.0.1'));

  # Signals, capabilities, queues, modules, a login id, a system call filter, a crash.
  child(sub { kill 0, getppid() });
  child(sub { call(SYS_CAPSET, pack('Ll', 0x20080522, 0), pack('L6', 1, 1, 0, 0, 0, 0)) });
  call(SYS_MQ_OPEN, "spillway$$", O_CREAT | O_RDWR, 0600, 0);
  call(SYS_MQ_UNLINK, "spillway$$");
  call(SYS_DELETE_MODULE, 'spillway none', 0);
  child(sub {
    if (open my $id, '>', '/proc/self/loginuid') { syswrite $id, '4242'; close $id }
    run("$dir/bin/other", 'logged in');
  });
  child(sub { call(SYS_PRCTL, 22, 1, 0); getppid() });
  child(sub { kill 'SEGV', $$ });
}

# Messages of user space: their bodies are free text of the sender.
sub users {
  socket my $netlink, 16, SOCK_RAW, 9 or die "netlink: $!\n";
  my $serial = 0;
  my $send = sub {
    my ($type, $text) = @_;
    send $netlink, pack('LSSLL', 17 + length $text, $type, 5, ++$serial, 0) . "$text\0", 0,
      pack('SSLL', 16, 0, 0, 0);
    recv $netlink, my $answer, 8192, 0;
  };
  my $where = 'hostname=client.example addr=192.0.2.7 terminal=ssh';
  $send->(1100, "op=PAM:authentication grantors=pam_unix acct=\"root\" exe=\"/usr/sbin/sshd\" $where res=success");
  $send->(1100, "op=PAM:authentication grantors=? acct=28756E6B6E6F776E207573657229 exe=\"/usr/sbin/sshd\" $where res=failed");
  $send->(1112, "op=login id=4242 exe=\"/usr/sbin/sshd\" $where res=success");
  $send->(1114, 'op=add-user id=1001 exe="/usr/sbin/useradd" hostname=? addr=? terminal=pts/0 res=success');
  $send->(1123, 'cwd="/root" cmd=6C73202D6C202F746D702F61206220 exe="/usr/bin/sudo" terminal=pts/0 res=success');
  $send->(1130, 'unit=cron comm="systemd" exe="/usr/lib/systemd/systemd" hostname=? addr=? terminal=? res=success');
  $send->(1138, 'op=install sw="less-590" sw_type=deb key_enforce=0 gpg_res=1 root_dir="/" comm="apt" exe="/usr/bin/apt" hostname=? addr=? terminal=? res=success');
  $send->(2404, "op=destroy kind=server fp=SHA256:91:53:0c direction=? spid=12 suid=0 exe=\"/usr/sbin/sshd\" $where res=success");
  $send->(2500, 'virt=kvm op=start reason=booted vm="guest one" uuid=2f9f0a0e-8ec4-4b1e-b1a4-8a4a1b3c5d6e vm-pid=4242 exe="/usr/sbin/libvirtd" hostname=? addr=? terminal=? res=success');
  $send->(1121, 'free text, with a comma: uid=1000 and no end');
}

sub getppids { getppid() for 1 .. $count }

# 1,700 a second, which are 5,100 records: SYSCALL, PROCTITLE and EOE each.
sub paced {
  my ($done, $began) = (0, Time::HiRes::time());
  while ($done < $count) {
    my $due = 1700 * (Time::HiRes::time() - $began);
    for (; $done < $due && $done < $count; $done++) { getppid() }
    Time::HiRes::sleep(0.01);
  }
}

# COUNT is CALL:FROM:TO:MS: a system call by its number, at a rate that goes from one to another.
sub calls {
  my ($call, $from, $to, $ms) = split /:/, $count;
  my ($done, $began, $seconds) = (0, Time::HiRes::time(), $ms / 1000);
  my $all = int(($from + $to) / 2 * $seconds);
  while ($done < $all) {
    my $now = Time::HiRes::time() - $began;
    my $due = $from * $now + ($to - $from) * $now ** 2 / (2 * $seconds);
    for (; $done < $due && $done < $all; $done++) { syscall($call + 0) }
    Time::HiRes::sleep(0.005);
  }
}

# COUNT is AUID:FOLDER:RATE:MS: opens a file of a folder in DIR, so often a second, as somebody who has logged in.
sub opens {
  my ($auid, $folder, $rate, $ms) = split /:/, $count;
  open my $id, '>', '/proc/self/loginuid' or die "loginuid: $!\n";
  (syswrite $id, $auid) && close $id or die "loginuid: $!\n";
  my ($done, $began) = (0, Time::HiRes::time());
  while ($done < $rate * $ms / 1000) {
    my $due = $rate * (Time::HiRes::time() - $began);
    for (; $done < $due; $done++) { open my $file, '<', "$dir/$folder/file" or die "open: $!\n" }
    Time::HiRes::sleep(0.005);
  }
}

# COUNT is PROCESSES:CALLS: each makes so many calls that take two seconds.
sub sleeps {
  my ($processes, $calls) = split /:/, $count;
  for (1 .. $processes) {
    my $pid = fork() // die "fork: $!\n";
    if (!$pid) {
      for (1 .. $calls) { call(35, pack('QQ', 2, 0), 0) }
      POSIX::_exit(0);
    }
    Time::HiRes::sleep(2 / $processes);
  }
  1 while wait() > 0;
}

# One execve with 2 MB of arguments, spaces in each.
sub long_exec {
  run("$dir/bin/other", map { chr(65 + $_) . ' ' . ('x' x 130_000) } 0 .. 14);
}
