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

package io.github.atmosphererelay.demo;

import java.io.IOException;
import java.net.HttpCookie;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Logs in as a browser without scripts would.
 */
public final class Login {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static final Pattern TOKEN = Pattern.compile("name=\"_csrf\" value=\"([^\"]+)\"");

	private Login() {
	}

	/**
	 * Log in.
	 * @param url where a node is
	 * @param user the user's name
	 * @return the header {@code Cookie} that tells who it is
	 */
	public static String cookie(String url, String user) {
		HttpResponse<String> answer = submit(url, user, "relay");
		return cookies(answer).stream()
			.filter((cookie) -> cookie.getName().startsWith("demo-chat-"))
			.map((cookie) -> cookie.getName() + "=" + cookie.getValue())
			.sorted()
			.reduce((one, other) -> one + "; " + other)
			.orElseThrow(() -> new IllegalStateException("Not logged in: " + answer.headers().map()));
	}

	/**
	 * Submit the form.
	 * @return the answer, whether it is a log-in or not
	 */
	static HttpResponse<String> submit(String url, String user, String password) {
		HttpResponse<String> page = send(HttpRequest.newBuilder(URI.create(url + "/login")).build());
		Matcher token = TOKEN.matcher(page.body());
		if (!token.find()) {
			throw new IllegalStateException("No token in " + page.body());
		}
		String csrfCookie = cookies(page).stream()
			.map((cookie) -> cookie.getName() + "=" + cookie.getValue())
			.findFirst()
			.orElseThrow();
		String form = "username=%s&password=%s&_csrf=%s".formatted(user, password,
				URLEncoder.encode(token.group(1), StandardCharsets.UTF_8));
		return send(HttpRequest.newBuilder(URI.create(url + "/login"))
			.header("Cookie", csrfCookie)
			.header("Content-Type", "application/x-www-form-urlencoded")
			.POST(HttpRequest.BodyPublishers.ofString(form))
			.build());
	}

	/**
	 * Return the token that a page has in its cookie, to change something with.
	 * @param login the header {@code Cookie} of somebody who has logged in
	 */
	public static String csrf(String url, String login) {
		HttpResponse<String> page = send(HttpRequest.newBuilder(URI.create(url + "/"))
			.header("Cookie", login)
			.header("Accept", "text/html")
			.build());
		return cookies(page).stream()
			.filter((cookie) -> cookie.getName().equals("XSRF-TOKEN"))
			.map(HttpCookie::getValue)
			.findFirst()
			.orElseThrow();
	}

	static List<HttpCookie> cookies(HttpResponse<?> response) {
		return response.headers()
			.allValues("set-cookie")
			.stream()
			.flatMap((header) -> HttpCookie.parse(header).stream())
			.toList();
	}

	public static HttpResponse<String> send(HttpRequest request) {
		try {
			return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
