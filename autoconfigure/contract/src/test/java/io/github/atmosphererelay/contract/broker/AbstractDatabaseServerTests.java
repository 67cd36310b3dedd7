/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.contract.broker;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * What every {@link DatabaseServer} promises. With {@code -Datmosphere.test.long=true} it
 * is killed ten times as often.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractDatabaseServerTests {

	private static final int ROUNDS = Boolean.getBoolean("atmosphere.test.long") ? 100 : 10;

	private static final int WRITERS = 3;

	private final String kind;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private DatabaseServer server;

	/**
	 * Create the tests.
	 * @param kind the argument of {@link DatabaseServerMain}
	 */
	AbstractDatabaseServerTests(String kind) {
		this.kind = kind;
	}

	@BeforeAll
	void startServer() {
		this.server = DatabaseServerMain.start(this.kind);
	}

	@AfterAll
	void closeServer() {
		this.threads.shutdownNow();
		if (this.server != null) {
			this.server.close();
		}
	}

	@BeforeEach
	void createDatabase() {
		this.server.createDatabase("tests");
	}

	@AfterEach
	void resume() {
		this.server.proxy().resume();
	}

	@Test
	@Reconciles
	void whatWasAcknowledgedIsThereAfterKills() throws Exception {
		assumeThat(this.kind).as("H2 is damaged in about one of 80 kills").isNotEqualTo("h2");
		execute("CREATE TABLE ENTRY (WRITER INT NOT NULL, ID BIGINT NOT NULL, PRIMARY KEY (WRITER, ID))");
		long seed = System.nanoTime();
		Random random = new Random(seed);
		List<Writer> writers = IntStream.range(0, WRITERS).mapToObj(Writer::new).toList();
		for (int round = 0; round < ROUNDS; round++) {
			List<Integer> before = writers.stream().map(Writer::count).toList();
			AtomicBoolean killed = new AtomicBoolean();
			List<Future<?>> runs = new ArrayList<>();
			writers.forEach((writer) -> runs.add(this.threads.submit(() -> writer.write(killed))));
			MachineTime.await(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(1)).until(() -> {
				throwIfFailed(runs);
				return writers.stream().allMatch((writer) -> writer.count() > before.get(writer.number));
			});
			LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(100)));
			killed.set(true);
			this.server.kill();
			for (Future<?> run : runs) {
				run.get(20, TimeUnit.SECONDS);
			}
			this.server.start();
			for (Writer writer : writers) {
				writer.verify("seed " + seed + ", round " + round);
			}
		}
	}

	/**
	 * While the server runs, no writer ends but with an error.
	 */
	private static void throwIfFailed(List<Future<?>> runs) throws Exception {
		for (Future<?> run : runs) {
			if (run.isDone()) {
				run.get();
			}
		}
	}

	@Test
	void aServerThatIsPausedAnswersWhenItGoesOn() throws Exception {
		try (Connection connection = this.server.connect("tests")) {
			assertThat(one(connection)).isOne();
			this.server.pause();
			Future<Integer> answer;
			Future<Integer> ofNewConnection;
			try {
				answer = this.threads.submit(() -> one(connection));
				ofNewConnection = this.threads.submit(() -> {
					try (Connection other = this.server.connect("tests")) {
						return one(other);
					}
				});
				assertThatExceptionOfType(TimeoutException.class)
					.isThrownBy(() -> answer.get(300, TimeUnit.MILLISECONDS));
				assertThat(ofNewConnection).isNotDone();
			}
			finally {
				this.server.resume();
			}
			assertThat(answer.get(10, TimeUnit.SECONDS)).isOne();
			assertThat(ofNewConnection.get(10, TimeUnit.SECONDS)).isOne();
		}
	}

	@Test
	void aCutOfTheProxyEndsTheConnectionsThroughIt() throws Exception {
		try (Connection direct = this.server.connect("tests"); Connection proxied = connectThroughProxy()) {
			assertThat(one(proxied)).isOne();
			awaitConnections(2);
			this.server.proxy().cut();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> one(proxied));
			assertThatExceptionOfType(SQLException.class).isThrownBy(this::connectThroughProxy);
			awaitConnections(1);
			assertThat(one(direct)).isOne();
		}
		this.server.proxy().resume();
		try (Connection proxied = connectThroughProxy()) {
			assertThat(one(proxied)).isOne();
		}
	}

	@Test
	void twoHundredConnectionsAreTakenAndCounted() throws Exception {
		awaitConnections(0);
		List<Connection> connections = new ArrayList<>();
		try {
			for (int i = 0; i < 200; i++) {
				connections.add(this.server.connect("tests"));
			}
			awaitConnections(200);
			connections.remove(0).close();
			awaitConnections(199);
		}
		finally {
			for (Connection connection : connections) {
				connection.close();
			}
		}
		awaitConnections(0);
	}

	@Test
	void aDatabaseThatIsCreatedAgainIsEmptyAndDiffersFromOthers() throws Exception {
		this.server.createDatabase("other");
		execute("CREATE TABLE ENTRY (ID BIGINT NOT NULL PRIMARY KEY)");
		try (Connection other = this.server.connect("other"); Statement statement = other.createStatement()) {
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> statement.executeQuery("SELECT * FROM ENTRY"));
		}
		this.server.createDatabase("tests");
		execute("CREATE TABLE ENTRY (ID BIGINT NOT NULL PRIMARY KEY)");
	}

	@Test
	void closeLeavesNoProcessAndNoFolder() {
		DatabaseServer own = DatabaseServerMain.start(this.kind);
		List<Long> ids = own.process().ids();
		Path directory = own.process().directory();
		// Others may have been short-lived helpers of it
		assertThat(ids).first().matches(ServerProcess::runs);
		assertThat(directory).isDirectory();
		own.close();
		assertThat(ids).noneMatch(ServerProcess::runs);
		assertThat(directory).doesNotExist();
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> own.connect(own.firstDatabase()));
	}

	@Test
	void aServerEndsWithTheProcessThatHasStartedItAndIsKilled() throws IOException {
		Process starter = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
				DatabaseServerMain.class.getName(), this.kind)
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		try (BufferedReader output = starter.inputReader()) {
			Path directory = Path.of(output.readLine());
			List<Long> ids = Arrays.stream(output.readLine().split(" ")).map(Long::valueOf).toList();
			assertThat(directory).isDirectory();
			// Others may have been short-lived helpers of it
			assertThat(ids).first().matches(ServerProcess::runs);
			starter.destroyForcibly();
			MachineTime.await(Duration.ofSeconds(10)).until(() -> ids.stream().noneMatch(ServerProcess::runs));
			MachineTime.await(Duration.ofSeconds(10)).until(() -> !directory.toFile().exists());
		}
		finally {
			starter.destroyForcibly();
		}
	}

	private void execute(String sql) throws SQLException {
		try (Connection connection = this.server.connect("tests"); Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private Connection connectThroughProxy() throws SQLException {
		return DriverManager.getConnection(this.server.proxiedJdbcUrl("tests"), this.server.user(),
				this.server.password());
	}

	private static int one(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery("SELECT 1")) {
			row.next();
			return row.getInt(1);
		}
	}

	private void awaitConnections(int count) {
		MachineTime.await(Duration.ofSeconds(10)).until(() -> this.server.connections() == count);
	}

	/**
	 * Inserts rows until the server is gone.
	 */
	private final class Writer {

		private final int number;

		/** The rows that are in the table: those that were acknowledged, and few more. */
		private final Set<Long> rows = ConcurrentHashMap.newKeySet();

		private volatile long last;

		private Writer(int number) {
			this.number = number;
		}

		private int count() {
			return this.rows.size();
		}

		/**
		 * Insert one row after the other, each in a transaction of its own. No number is
		 * used twice.
		 */
		private void write(AtomicBoolean killed) {
			try (Connection connection = AbstractDatabaseServerTests.this.server.connect("tests");
					PreparedStatement insert = connection
						.prepareStatement("INSERT INTO ENTRY (WRITER, ID) VALUES (?, ?)")) {
				connection.setAutoCommit(false);
				while (true) {
					long id = this.last + 1;
					this.last = id;
					insert.setInt(1, this.number);
					insert.setLong(2, id);
					insert.executeUpdate();
					connection.commit();
					this.rows.add(id);
				}
			}
			catch (SQLException ex) {
				if (!killed.get()) {
					throw new IllegalStateException(
							"The database has refused row " + this.last + " of writer " + this.number, ex);
				}
			}
		}

		/**
		 * Compare the rows with what was acknowledged. The last one may be there without
		 * acknowledgement.
		 */
		private void verify(String description) throws SQLException {
			Set<Long> found = new HashSet<>();
			try (Connection connection = AbstractDatabaseServerTests.this.server.connect("tests");
					Statement statement = connection.createStatement();
					ResultSet row = statement.executeQuery("SELECT ID FROM ENTRY WHERE WRITER = " + this.number)) {
				while (row.next()) {
					found.add(row.getLong(1));
				}
			}
			if (found.contains(this.last)) {
				this.rows.add(this.last);
			}
			assertThat(found).as(description).isEqualTo(this.rows);
		}

	}

}
