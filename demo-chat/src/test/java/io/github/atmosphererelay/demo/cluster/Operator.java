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

package io.github.atmosphererelay.demo.cluster;

import java.net.URI;
import java.net.http.HttpRequest;

import io.github.atmosphererelay.demo.Login;

/**
 * The operator's page without the page.
 */
final class Operator {

	private final String url;

	private final String login;

	private final String csrf;

	Operator(String url) {
		this.url = url;
		this.login = Login.cookie(url, "admin");
		this.csrf = Login.csrf(url, this.login);
	}

	String overview() {
		return get("/api/operator");
	}

	String get(String path) {
		return Login.send(HttpRequest.newBuilder(URI.create(this.url + path)).header("Cookie", this.login).build())
			.body();
	}

	int command(String node, String command) {
		return Login
			.send(HttpRequest.newBuilder(URI.create(this.url + "/api/operator/nodes/" + node + "/" + command))
				.header("Cookie", this.login + "; XSRF-TOKEN=" + this.csrf)
				.header("X-XSRF-TOKEN", this.csrf)
				.POST(HttpRequest.BodyPublishers.noBody())
				.build())
			.statusCode();
	}

}
