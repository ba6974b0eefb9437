// libQuotient, unmodified: bob logs in with a login token, syncs, sets and reads presence, reads alice's name, and
// logs out, on the demo server whose address is the argument.

#include <QtCore/QCoreApplication>
#include <QtCore/QTimer>
#include <QtNetwork/QNetworkProxy>

#include <cstdio>

#include <connection.h>
#include <csapi/presence.h>
#include <csapi/profile.h>
#include <csapi/whoami.h>

using namespace Quotient;

namespace {

const auto ALICE = QStringLiteral("@alice:example.com");
const auto BOB = QStringLiteral("@bob:example.com");
const auto CAROL = QStringLiteral("@carol:example.com");

void fail(const QString& why)
{
    std::fprintf(stderr, "%s\n", qPrintable(why));
    std::exit(1);
}

void check(bool condition, const QString& what)
{
    if (!condition)
        fail(what);
}

// Calls `next` with the job once it succeeded.
template <typename Job, typename Next>
void then(Job* job, Next next)
{
    QObject::connect(job, &BaseJob::success, job, [job, next] { next(job); });
    QObject::connect(job, &BaseJob::failure, job,
                     [job] { fail(QStringLiteral("%1: %2").arg(job->objectName(), job->errorString())); });
}

void logOut(Connection* bob)
{
    const auto token = bob->accessToken();
    QObject::connect(bob, &Connection::loggedOut, bob, [bob, token] {
        // The token is none any more: another connection with it is refused.
        auto* stale = new Connection(bob->homeserver(), bob);
        stale->assumeIdentity(BOB, QString::fromLatin1(token), QStringLiteral("GONE"));
        auto* job = stale->callApi<GetTokenOwnerJob>();
        QObject::connect(job, &BaseJob::success, job, [] { fail(QStringLiteral("the token is still good")); });
        QObject::connect(job, &BaseJob::failure, job, [job] {
            check(job->error() == BaseJob::Unauthorised, job->errorString());
            QCoreApplication::quit();
        });
    });
    bob->logout();
}

void refused(Connection* bob)
{
    auto* job = bob->callApi<GetPresenceJob>(CAROL);
    QObject::connect(job, &BaseJob::success, job, [] { fail(QStringLiteral("carol shares no room with bob")); });
    QObject::connect(job, &BaseJob::failure, job, [bob, job] {
        check(job->error() == BaseJob::ContentAccessError, job->errorString());
        logOut(bob);
    });
}

void profile(Connection* bob)
{
    then(bob->callApi<GetUserProfileJob>(ALICE), [bob](GetUserProfileJob* job) {
        check(job->displayname() == QStringLiteral("Alice"), job->displayname());
        refused(bob);
    });
}

void presence(Connection* bob)
{
    then(bob->callApi<SetPresenceJob>(BOB, QStringLiteral("unavailable"), QStringLiteral("brb")),
         [bob](SetPresenceJob*) {
             then(bob->callApi<GetPresenceJob>(BOB), [bob](GetPresenceJob* job) {
                 check(job->presence() == QStringLiteral("unavailable"), job->presence());
                 check(job->statusMsg() == QStringLiteral("brb"), job->statusMsg());
                 profile(bob);
             });
         });
}

} // namespace

int main(int argc, char* argv[])
{
    QCoreApplication app(argc, argv);
    QNetworkProxy::setApplicationProxy(QNetworkProxy::NoProxy);
    Connection bob;
    bob.setCacheState(false);
    QObject::connect(&bob, &Connection::resolveError, [](const QString& error) { fail(error); });
    QObject::connect(&bob, &Connection::loginError,
                     [](const QString& message, const QString& details) { fail(message + details); });
    QObject::connect(&bob, &Connection::syncError,
                     [](const QString& message, const QString& details) { fail(message + details); });
    QObject::connect(&bob, &Connection::connected, &bob, [&bob] {
        check(bob.userId() == BOB, bob.userId());
        check(bob.deviceId() == QStringLiteral("QUOTIENT"), bob.deviceId());
        bob.sync(0);
    });
    QObject::connect(&bob, &Connection::syncDone, &bob, [&bob] { presence(&bob); });
    bool logsIn = false;
    QObject::connect(&bob, &Connection::loginFlowsChanged, &bob, [&] {
        if (logsIn)
            return;
        logsIn = true;
        bob.loginWithToken("demo-bob", QStringLiteral("libQuotient"), QStringLiteral("QUOTIENT"));
    });
    QTimer::singleShot(60000, [] { fail(QStringLiteral("it took more than a minute")); });
    bob.setHomeserver(QUrl(QString::fromLocal8Bit(argv[1])));
    return app.exec();
}
